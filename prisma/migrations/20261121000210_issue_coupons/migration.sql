-- Giving coupons for points: a batch of requests in one round trip, each with an outcome of its own.

-- Wakes the pool's refill unless that is already asked for. graphile_worker's schema is its own; it is found at run time.
CREATE FUNCTION ask_refill(p_shop int, p_pool bigint, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO "Change" ("shopId", "kind", "subject", "nextAttemptAt", "createdAt")
  VALUES (p_shop, 'refill_pool', p_pool::text, p_now, p_now)
  ON CONFLICT ("shopId", "kind", "subject") WHERE "status" = 'pending' DO NOTHING;
  IF FOUND THEN
    PERFORM graphile_worker.add_job('push_changes', json_build_object('shopId', p_shop),
      queue_name := 'push:' || p_shop, job_key := 'push:' || p_shop);
  END IF;
END $$;

-- Takes one live code out of the award's pools, locked; null when none is left. Starts at a random place, so that claims
-- do not queue at the head of the pool, and passes by codes that others hold. Passing by never decides "sold out": the last
-- look waits for whoever holds the code it finds.
CREATE FUNCTION claim_coupon(p_shop int, p_award int) RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_pool bigint;
  v_start int := floor((random() - 0.5) * 4294967295)::int;
  v_coupon bigint;
BEGIN
  FOR v_pool IN SELECT "id" FROM "CodePool" WHERE "shopId" = p_shop AND "awardNumber" = p_award ORDER BY "id" LOOP
    SELECT "id" INTO v_coupon FROM "Coupon"
    WHERE "shopId" = p_shop AND "poolId" = v_pool AND hashint8("id") >= v_start AND "status" = 'available' AND "codeState" = 'live'
    ORDER BY hashint8("id") LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF v_coupon IS NOT NULL THEN RETURN v_coupon; END IF;
    SELECT "id" INTO v_coupon FROM "Coupon"
    WHERE "shopId" = p_shop AND "poolId" = v_pool AND hashint8("id") < v_start AND "status" = 'available' AND "codeState" = 'live'
    ORDER BY hashint8("id") LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF v_coupon IS NOT NULL THEN RETURN v_coupon; END IF;
  END LOOP;

  -- A row that changes while we wait for it comes back as nothing though others may be left: look again, a few times.
  FOR v_try IN 1..5 LOOP
    FOR v_pool IN SELECT "id" FROM "CodePool" WHERE "shopId" = p_shop AND "awardNumber" = p_award ORDER BY "id" LOOP
      SELECT "id" INTO v_coupon FROM "Coupon"
      WHERE "shopId" = p_shop AND "poolId" = v_pool AND "status" = 'available' AND "codeState" = 'live'
      ORDER BY hashint8("id") LIMIT 1 FOR UPDATE;
      IF v_coupon IS NOT NULL THEN RETURN v_coupon; END IF;
    END LOOP;
    EXIT WHEN NOT EXISTS (
      SELECT 1 FROM "CodePool" p JOIN "Coupon" c ON c."shopId" = p_shop AND c."poolId" = p."id"
      WHERE p."shopId" = p_shop AND p."awardNumber" = p_award AND c."status" = 'available' AND c."codeState" = 'live');
  END LOOP;
  RETURN NULL;
END $$;

CREATE TYPE issue_result AS (
  "outcome" text,
  "repeated" boolean,
  "issuanceId" bigint,
  "code" text,
  -- What the answer says about the award, so that nothing has to be read again after the commit.
  "award" jsonb,
  "price" int,
  "balance" int,
  "held" int
);

-- PL/pgSQL, not SQL: its plans are kept from call to call.
CREATE FUNCTION issued_result(p_outcome text, p_repeated boolean, p_issuance "Issuance", p_account "PointsAccount") RETURNS issue_result
LANGUAGE plpgsql AS $$
DECLARE
  v_code text;
  v_award "Award";
BEGIN
  SELECT "code" INTO STRICT v_code FROM "Coupon" WHERE "shopId" = p_issuance."shopId" AND "id" = p_issuance."couponId";
  SELECT * INTO STRICT v_award FROM "Award" WHERE "shopId" = p_issuance."shopId" AND "number" = p_issuance."awardNumber";
  RETURN ROW(p_outcome, p_repeated, p_issuance."id", v_code,
    jsonb_build_object('number', v_award."number", 'name', v_award."name", 'kind', v_award."kind", 'value', v_award."value",
      'currency', v_award."currency", 'minOrderMinor', v_award."minOrderMinor", 'usesPerCustomer', v_award."usesPerCustomer",
      'endsAt', v_award."endsAt"),
    p_issuance."points", p_account."balance", p_account."held")::issue_result;
END $$;

-- One request, under the locks of issue_coupons. The order of the checks is the order in which a shopper can do something
-- about them: nothing about the award, nothing about the limits, points last.
CREATE FUNCTION issue_one_coupon(p_shop int, p_customer bigint, p_award int, p_key text, p_channel text, p_now timestamptz)
RETURNS issue_result LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_award "Award";
  v_account "PointsAccount";
  v_issuance "Issuance";
  v_coupon "Coupon";
  v_pool "CodePool";
  v_hold bigint;
  v_coupon_id bigint;
  v_outcome text;
BEGIN
  SELECT * INTO STRICT v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer;
  SELECT * INTO v_issuance FROM "Issuance" WHERE "shopId" = p_shop AND "requestKey" = p_key;
  IF FOUND THEN
    RETURN issued_result('issued', true, v_issuance, v_account);
  END IF;

  SELECT * INTO v_award FROM "Award" WHERE "shopId" = p_shop AND "number" = p_award;
  v_outcome := CASE
    WHEN v_award."number" IS NULL OR v_award."status" <> 'active' OR v_award."endsAt" <= p_now THEN 'award_inactive'
    WHEN v_award."startsAt" > p_now THEN 'not_started'
    WHEN v_award."pointsPrice" IS NULL THEN 'not_eligible'
    WHEN (SELECT count(*) FROM "Issuance" i
          WHERE i."shopId" = p_shop AND i."customerId" = p_customer AND i."awardNumber" = p_award AND i."status" <> 'returned')
         >= least(v_award."issuesPerCustomer", v_award."usesPerCustomer") THEN 'customer_max_reached'
    -- Counted only as far as the limit, and under the award's lock.
    WHEN (SELECT count(*) FROM (SELECT 1 FROM "Issuance" i
          WHERE i."shopId" = p_shop AND i."awardNumber" = p_award AND i."status" <> 'returned'
          LIMIT coalesce(least(v_award."issuesTotal", v_award."usesTotal"), 0)) counted)
         >= least(v_award."issuesTotal", v_award."usesTotal") THEN 'coupon_max_reached'
    WHEN v_account."balance" - v_account."held" < v_award."pointsPrice" THEN 'insufficient_points'
  END;
  IF v_outcome IS NOT NULL THEN
    RETURN ROW(v_outcome, false, NULL, NULL, NULL, v_award."pointsPrice", v_account."balance", v_account."held")::issue_result;
  END IF;

  SELECT * INTO v_coupon FROM "Coupon"
  WHERE "shopId" = p_shop AND "awardNumber" = p_award AND "shared" AND "status" = 'available' AND "codeState" = 'live'
  ORDER BY "id" DESC LIMIT 1;
  IF FOUND THEN
    -- Two unused issuances of one shared code could not be told apart on an order.
    SELECT * INTO v_issuance FROM "Issuance"
    WHERE "shopId" = p_shop AND "couponId" = v_coupon."id" AND "customerId" = p_customer AND "status" = 'open';
    IF FOUND THEN
      RETURN issued_result('existing_sent', false, v_issuance, v_account);
    END IF;
  ELSE
    v_coupon_id := claim_coupon(p_shop, p_award);
    UPDATE "Coupon" SET "status" = 'issued', "customerId" = p_customer, "issuedAt" = p_now
    WHERE "shopId" = p_shop AND "id" = v_coupon_id AND "status" = 'available' AND "codeState" = 'live'
    RETURNING * INTO v_coupon;
    SELECT * INTO v_pool FROM "CodePool"
    WHERE "shopId" = p_shop AND "awardNumber" = p_award AND "stockTarget" > 0 ORDER BY "id" LIMIT 1;
    -- About eight times while the stock is used up once, whatever its size: cheaper than counting what is left.
    IF v_pool."id" IS NOT NULL AND (v_coupon."id" IS NULL OR v_coupon."id" % greatest(1, v_pool."stockTarget" / 8) = 0) THEN
      PERFORM ask_refill(p_shop, v_pool."id", p_now);
    END IF;
    IF v_coupon."id" IS NULL THEN
      RETURN ROW('out_of_codes', false, NULL, NULL, NULL, v_award."pointsPrice", v_account."balance", v_account."held")::issue_result;
    END IF;
  END IF;

  INSERT INTO "PointsHold" ("shopId", "customerId", "points", "heldAt", "endsAt")
  SELECT p_shop, p_customer, v_award."pointsPrice", p_now, p_now + make_interval(mins => s."holdMinutes")
  FROM "Shop" s WHERE s."id" = p_shop
  RETURNING "id" INTO STRICT v_hold;
  UPDATE "PointsAccount" SET "held" = "held" + v_award."pointsPrice"
  WHERE "shopId" = p_shop AND "customerId" = p_customer RETURNING * INTO v_account;
  INSERT INTO "Issuance" ("shopId", "awardNumber", "couponId", "customerId", "holdId", "points", "requestKey", "channel", "issuedAt")
  VALUES (p_shop, p_award, v_coupon."id", p_customer, v_hold, v_award."pointsPrice", p_key, p_channel, p_now)
  RETURNING * INTO v_issuance;
  UPDATE "Award" SET "firstIssuedAt" = p_now WHERE "shopId" = p_shop AND "number" = p_award AND "firstIssuedAt" IS NULL;
  RETURN issued_result('issued', false, v_issuance, v_account);
END $$;

-- A batch: [{shopId, customerId, awardNumber, requestKey, channel, at}]. Locks awards, then accounts, each in key order
-- (anything that takes both does so in this order), then works the requests one after another. A request that fails is
-- undone alone and answered 'error' with the reason in "problem".
CREATE FUNCTION issue_coupons(p_requests jsonb)
RETURNS TABLE ("index" int, "outcome" text, "repeated" boolean, "issuanceId" bigint, "code" text, "award" jsonb, "price" int, "balance" int, "held" int, "problem" text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  r record;
  v_result issue_result;
BEGIN
  PERFORM 1 FROM "Award" a
  WHERE (a."shopId", a."number") IN (
    SELECT q."shopId", q."awardNumber" FROM jsonb_to_recordset(p_requests) AS q("shopId" int, "awardNumber" int))
  ORDER BY a."shopId", a."number" FOR NO KEY UPDATE;

  INSERT INTO "PointsAccount" ("shopId", "customerId")
  SELECT DISTINCT q."shopId", q."customerId" FROM jsonb_to_recordset(p_requests) AS q("shopId" int, "customerId" bigint)
  ORDER BY 1, 2 ON CONFLICT DO NOTHING;
  PERFORM 1 FROM "PointsAccount" p
  WHERE (p."shopId", p."customerId") IN (
    SELECT q."shopId", q."customerId" FROM jsonb_to_recordset(p_requests) AS q("shopId" int, "customerId" bigint))
  ORDER BY p."shopId", p."customerId" FOR UPDATE;

  FOR r IN
    SELECT ordinality::int - 1 AS i, q.* FROM ROWS FROM (jsonb_to_recordset(p_requests)
      AS ("shopId" int, "customerId" bigint, "awardNumber" int, "requestKey" text, "channel" text, "at" timestamptz)) WITH ORDINALITY AS q
  LOOP
    BEGIN
      v_result := issue_one_coupon(r."shopId", r."customerId", r."awardNumber", r."requestKey", r."channel", r."at");
      RETURN QUERY SELECT r.i, (v_result).*, NULL::text;
    EXCEPTION
      WHEN serialization_failure OR deadlock_detected THEN RAISE;
      WHEN OTHERS THEN RETURN QUERY SELECT r.i, 'error', false, NULL::bigint, NULL::text, NULL::jsonb, NULL::int, NULL::int, NULL::int, SQLERRM;
    END;
  END LOOP;
END $$;
