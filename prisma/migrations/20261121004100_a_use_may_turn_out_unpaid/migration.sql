-- A recorded use stays as it is, but for whom it is about, along a merge, and for one thing that may be learnt of it later and then stays:
-- that an edit of its order put back what had been returned of its price, and its owner's points no longer covered it.
CREATE OR REPLACE FUNCTION refuse_change_of_redemption() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'customerId' = to_jsonb(OLD) - 'customerId' AND EXISTS (
    SELECT 1 FROM "Customer" k WHERE k."shopId" = OLD."shopId" AND k."id" = OLD."customerId" AND k."mergedIntoId" = NEW."customerId") THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'flags' = to_jsonb(OLD) - 'flags' AND NOT 'partly_paid' = ANY (OLD."flags") AND NEW."flags" = OLD."flags" || 'partly_paid'::text THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
