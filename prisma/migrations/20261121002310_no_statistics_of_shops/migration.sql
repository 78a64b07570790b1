-- A shop that was not there when a table was last looked at counts as a shop without rows, by PostgreSQL's list of most common
-- values. Every index that begins with the shop then looks as good as the one that also names the code, and each look-up walks
-- through all the shop's rows: undoing the first import of 60,000 codes of a new shop took minutes instead of a second.
-- Without a list every shop counts as one in 200, always, and the plan of a query does not depend on whose it is.
-- https://www.postgresql.org/docs/current/row-estimation-examples.html
DO $$
DECLARE
  t regclass;
BEGIN
  FOR t IN
    SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attname = 'shopId' AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN "shopId" SET STATISTICS 0', t);
    -- The type it has: nothing is rewritten, but a list that was made before is forgotten.
    EXECUTE format('ALTER TABLE %s ALTER COLUMN "shopId" TYPE integer', t);
  END LOOP;
END $$;
