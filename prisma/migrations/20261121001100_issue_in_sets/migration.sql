-- Giving coupons in sets: a batch of requests is one call, worked with a few statements however many requests it holds.

DROP FUNCTION issue_coupons(jsonb);
DROP FUNCTION issue_one_coupon(int, bigint, int, text, text, timestamptz);
DROP FUNCTION issued_result(text, boolean, "Issuance", "PointsAccount");
DROP FUNCTION claim_coupon(int, int);
DROP TYPE issue_result;

-- In blocks of 64 in the order of a hash: a claim starts at any block, so claims neither queue at the head of a bucket nor walk
-- over the codes already given; the codes of a block lie on one page, so a batch writes a few pages and not one for each code;
-- and no other index offers this order.
DROP INDEX "Coupon_claim";
CREATE INDEX "Coupon_claim" ON "Coupon" ("shopId", "parentId", hashint8("id" >> 6), "id")
  WHERE "status" = 'available' AND "codeState" IN ('live', 'local') AND "boundCustomerId" IS NULL
    AND NOT "firstOrderOnly" AND "usesPerCode" IS NULL AND "minOrderMinor" IS NULL;
-- Codes that wait for one named customer.
CREATE INDEX "Coupon_bound" ON "Coupon" ("shopId", "awardNumber", "boundCustomerId") WHERE "status" = 'available' AND "boundCustomerId" IS NOT NULL;
CREATE INDEX "ParentDiscount_open" ON "ParentDiscount" ("shopId", "awardNumber") WHERE "retiredAt" IS NULL;

-- PL/pgSQL, not SQL, but where a function is part of another's plan: plans are kept from call to call.

-- The first instant of a local day. AT TIME ZONE takes the later of two midnights where a clock that is put back shows
-- midnight twice.
CREATE FUNCTION day_start(p_day timestamp, p_zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
  v_start timestamptz := p_day AT TIME ZONE p_zone;
BEGIN
  RETURN CASE WHEN (v_start - interval '1 hour') AT TIME ZONE p_zone = p_day THEN v_start - interval '1 hour' ELSE v_start END;
END $$;

-- What app/domain/coupons/expiry.ts says; a test holds the two together.
CREATE FUNCTION coupon_expires_at(p_rule "ExpiryRule", p_count int, p_on timestamptz, p_ends timestamptz, p_zone text, p_at timestamptz)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE p_rule
    WHEN 'with_award' THEN NULL
    WHEN 'days' THEN least(p_ends, day_start(date_trunc('day', p_at AT TIME ZONE p_zone) + make_interval(days => p_count + 1), p_zone) - interval '1 millisecond')
    WHEN 'month_ends' THEN least(p_ends, day_start(date_trunc('month', p_at AT TIME ZONE p_zone) + make_interval(months => p_count + 1), p_zone) - interval '1 millisecond')
    WHEN 'date' THEN least(p_ends, p_on)
  END;
END $$;

CREATE TYPE issue_request AS (
  "index" int, "shopId" int, "customerId" bigint, "awardNumber" int, "requestKey" text, "channel" text, "at" timestamptz,
  "points" int, "distributed" boolean, "code" text, "jobId" bigint, "importId" bigint
);

-- A request with all that was found about it. outcome null: nothing stands against it but the award's total and its codes.
CREATE TYPE issue_candidate AS (
  "index" int, "shopId" int, "customerId" bigint, "awardNumber" int, "requestKey" text, "channel" text, "at" timestamptz,
  "jobId" bigint, "importId" bigint,
  "outcome" text, "problem" text, "repeated" boolean, "availableAt" timestamptz,
  "price" int, "expiresAt" timestamptz, "valueMinor" int,
  -- How many more the award may be given; null: without limit.
  "remaining" int,
  -- Which buckets have a code for it: any, where no discount on Shopify says when the code ends and what it is worth; else those
  -- of the period, whatever the award's end.
  "anyBucket" boolean, "bucketExpiresAt" timestamptz,
  -- Whether only this code will do, and whether codes are bound to customers.
  "wantedCode" text, "hasBound" boolean,
  "shared" boolean, "issuanceId" bigint, "couponId" bigint, "code" text, "poolId" bigint,
  "balance" int, "held" int, "holdMinutes" int
);

-- A code that is locked for a candidate.
CREATE TYPE issue_claim AS ("index" int, "couponId" bigint, "code" text, "poolId" bigint, "expiresAt" timestamptz);

CREATE TYPE issue_decision AS (
  "index" int, "shopId" int, "customerId" bigint, "awardNumber" int, "requestKey" text, "channel" text, "at" timestamptz,
  "jobId" bigint, "importId" bigint,
  "outcome" text, "problem" text, "repeated" boolean, "availableAt" timestamptz,
  "price" int, "expiresAt" timestamptz, "valueMinor" int,
  "shared" boolean, "issuanceId" bigint, "holdId" bigint, "couponId" bigint, "code" text, "poolId" bigint,
  "balance" int, "held" int, "holdMinutes" int
);

-- A discount that was switched off or deleted in Shopify's admin: none of its codes is given out until it is back.
ALTER TABLE "ParentDiscount" ADD COLUMN "offAt" TIMESTAMPTZ(3);

-- Whether codes of this discount work at all.
CREATE FUNCTION discount_is_off(p_shop int, p_parent bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM "ParentDiscount" d WHERE d."shopId" = p_shop AND d."id" = p_parent AND d."offAt" IS NOT NULL);
$$;

-- What is found about each request, under the locks of issue_coupons. The order of the outcomes is the order in which a
-- shopper can do something about them: nothing about the award, nothing about its limits, points last.
CREATE FUNCTION issue_candidates(p_requests issue_request[]) RETURNS issue_candidate[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_candidates issue_candidate[];
BEGIN
  WITH award AS MATERIALIZED (
    SELECT a.*, s."timeZone", s."holdMinutes",
      CASE WHEN a."codeSource" <> 'third_party'
        THEN least(a."issuesTotal" - coalesce(t."issued", 0), a."usesTotal" - greatest(t."issued", t."used", 0)) END AS "remaining",
      CASE WHEN a."codeSource" <> 'third_party' THEN least(a."issuesPerCustomer", a."usesPerCustomer") END AS "perCustomer",
      CASE WHEN a."codeSource" <> 'third_party' THEN a."issueGapDays" END AS "gapDays",
      a."minPoints" IS NOT NULL AS "variable",
      c."id" AS "sharedId", c."code" AS "sharedCode", c."poolId" AS "sharedPoolId",
      EXISTS (SELECT 1 FROM "Coupon" b WHERE b."shopId" = a."shopId" AND b."awardNumber" = a."number"
        AND b."status" = 'available' AND b."boundCustomerId" IS NOT NULL) AS "hasBound"
    FROM (SELECT DISTINCT "shopId", "awardNumber" FROM unnest(p_requests)) q
    JOIN "Award" a ON a."shopId" = q."shopId" AND a."number" = q."awardNumber"
    LEFT JOIN "Shop" s ON s."id" = a."shopId"
    LEFT JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number"
    LEFT JOIN LATERAL (
      SELECT c."id", c."code", c."poolId" FROM "Coupon" c
      WHERE a."codeSource" = 'single' AND c."shopId" = a."shopId" AND c."awardNumber" = a."number" AND c."shared"
        AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND NOT discount_is_off(c."shopId", c."parentId")
      ORDER BY c."id" DESC LIMIT 1) c ON true
  )
  SELECT array_agg(ROW(
    q."index", q."shopId", q."customerId", q."awardNumber", q."requestKey", q."channel", q."at", q."jobId", q."importId",
    verdict."outcome", verdict."problem", done."id" IS NOT NULL, verdict."availableAt",
    coalesce(shown."points", worth."price"), coalesce(shown."expiresAt", asked."expires"), coalesce(shown."valueMinor", worth."value"),
    a."remaining", a."appliedBy" = 'integrator',
    CASE WHEN a."codeSource" IN ('generated', 'pattern') AND a."expiryRule" IN ('days', 'month_ends')
      THEN coupon_expires_at(a."expiryRule", a."expiryCount", NULL, NULL, a."timeZone", q."at") END,
    q."code", a."hasBound",
    a."codeSource" = 'single', shown."id", coalesce(shown."couponId", a."sharedId"), coalesce(shown."code", a."sharedCode"), a."sharedPoolId",
    p."balance", p."held", a."holdMinutes")::issue_candidate ORDER BY q."index")
  INTO v_candidates
  FROM unnest(p_requests) q
  JOIN "PointsAccount" p ON p."shopId" = q."shopId" AND p."customerId" = q."customerId"
  LEFT JOIN award a ON a."shopId" = q."shopId" AND a."number" = q."awardNumber"
  -- The same request key was answered before.
  LEFT JOIN LATERAL (
    SELECT i."id", i."couponId", c."code", i."points", i."expiresAt", i."valueMinor"
    FROM "Issuance" i JOIN "Coupon" c ON c."shopId" = i."shopId" AND c."id" = i."couponId"
    WHERE i."shopId" = q."shopId" AND i."requestKey" = q."requestKey") done ON true
  -- What the customer had of the award, where that decides anything. Always looked up by customer: "+ 0" keeps a plan made while
  -- the tables were nearly empty from walking over all issuances of the award.
  LEFT JOIN LATERAL (
    SELECT count(*) AS "kept", max(i."issuedAt") AS "lastAt" FROM "Issuance" i
    WHERE (a."perCustomer" IS NOT NULL OR a."gapDays" IS NOT NULL OR a."matchAgain" <> 'another')
      AND i."shopId" = q."shopId" AND i."customerId" = q."customerId" AND i."awardNumber" + 0 = q."awardNumber"
      AND i."status" NOT IN ('returned', 'revoked')) past ON true
  -- The unused coupon they hold of it, one that is valid first. Two unused ones of a shared code could not be told apart on an order.
  LEFT JOIN LATERAL (
    SELECT i."id", i."couponId", c."code", i."points", i."expiresAt", i."valueMinor",
      c."status" = 'expired' OR coalesce(i."expiresAt" <= q."at", false) AS "over"
    FROM "Issuance" i JOIN "Coupon" c ON c."shopId" = i."shopId" AND c."id" = i."couponId"
    WHERE (a."matchAgain" = 'existing' OR a."codeSource" = 'single')
      AND i."shopId" = q."shopId" AND i."customerId" = q."customerId" AND i."awardNumber" + 0 = q."awardNumber" AND i."status" = 'open'
      AND (c."status" IN ('issued', 'locked', 'expired') OR c."shared" AND c."status" = 'available')
    ORDER BY 7, i."id" DESC LIMIT 1) own ON true
  CROSS JOIN LATERAL (SELECT
    coalesce(q."points", CASE WHEN q."distributed" THEN a."maxPoints" ELSE a."minPoints" END) AS "chosen",
    CASE WHEN a."expiryRule" <> 'with_award' THEN coupon_expires_at(a."expiryRule", a."expiryCount", a."expiresOn", a."endsAt", a."timeZone", q."at") END AS "expires") asked
  CROSS JOIN LATERAL (SELECT
    CASE WHEN q."distributed" THEN 0 WHEN a."variable" THEN asked."chosen" ELSE a."pointsPrice" END AS "price",
    CASE WHEN a."variable" THEN least(asked."chosen"::bigint * a."stepMinor" / a."stepPoints", 2147483647)::int END AS "value",
    day_start(date_trunc('day', past."lastAt" AT TIME ZONE a."timeZone") + make_interval(days => a."gapDays"), a."timeZone") AS "gapEnds") worth
  CROSS JOIN LATERAL (SELECT
    CASE
      WHEN done."id" IS NOT NULL THEN 'issued'
      WHEN a."number" IS NULL OR a."status" <> 'active' OR a."endsAt" <= q."at" THEN 'award_inactive'
      WHEN a."startsAt" > q."at" THEN 'not_started'
      WHEN refusal."problem" IS NOT NULL THEN 'not_eligible'
      WHEN a."matchAgain" = 'none' AND past."kept" > 0 THEN 'customer_max_reached'
      WHEN a."codeSource" = 'single' AND NOT own."over" THEN 'existing_sent'
      WHEN a."matchAgain" = 'existing' AND past."kept" > 0 THEN
        CASE own."over" WHEN false THEN 'existing_sent' WHEN true THEN 'coupon_expired' ELSE 'customer_max_reached' END
      WHEN past."kept" >= a."perCustomer" THEN 'customer_max_reached'
      WHEN "gapEnds" > q."at" THEN 'too_soon'
      WHEN a."remaining" <= 0 THEN 'coupon_max_reached'
      WHEN asked."expires" <= q."at" THEN 'coupon_expired'
      WHEN p."balance" - p."held" < worth."price" THEN 'insufficient_points'
    END AS "outcome",
    refusal."problem",
    CASE WHEN a."startsAt" > q."at" THEN a."startsAt" WHEN "gapEnds" > q."at" THEN "gapEnds" END AS "availableAt"
    FROM (SELECT CASE
      WHEN NOT coalesce(q."distributed", false) AND NOT a."variable" AND a."pointsPrice" IS NULL THEN 'not_sold_for_points'
      WHEN CASE WHEN a."variable" THEN coalesce(asked."chosen" BETWEEN a."minPoints" AND a."maxPoints" AND (asked."chosen" - a."minPoints") % a."stepPoints" = 0, false)
        ELSE q."points" = worth."price" END IS false THEN 'points_not_offered'
      WHEN a."audience" = 'listed' AND NOT EXISTS (SELECT 1 FROM "AwardCustomer" l
        WHERE l."shopId" = q."shopId" AND l."awardNumber" = q."awardNumber" AND l."customerId" = q."customerId") THEN 'not_listed'
      WHEN cardinality(a."excludedAwards") > 0 AND EXISTS (SELECT 1 FROM "Issuance" i
        WHERE i."shopId" = q."shopId" AND i."customerId" = q."customerId" AND i."awardNumber" + 0 = ANY (a."excludedAwards") AND i."status" <> 'returned'
          AND i."issuedAt" > ((q."at" AT TIME ZONE a."timeZone") - interval '6 months') AT TIME ZONE a."timeZone") THEN 'had_excluded_award'
      -- Who may have a code that anybody may use is judged when it is used.
      WHEN NOT a."shareable" AND (a."registeredFrom" IS NOT NULL OR a."registeredUntil" IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM "Customer" c
        WHERE c."shopId" = q."shopId" AND c."id" = q."customerId"
          AND c."registeredAt" BETWEEN coalesce(a."registeredFrom", '-infinity') AND coalesce(a."registeredUntil", 'infinity')) THEN 'registered_outside'
    END AS "problem") refusal
    OFFSET 0) verdict -- worked out once, not wherever it is named
  -- The issuance that is answered, if it is not a new one.
  LEFT JOIN LATERAL (
    SELECT done."id", done."couponId", done."code", done."points", done."expiresAt", done."valueMinor" WHERE done."id" IS NOT NULL
    UNION ALL
    SELECT own."id", own."couponId", own."code", own."points", own."expiresAt", own."valueMinor" WHERE done."id" IS NULL AND verdict."outcome" = 'existing_sent') shown ON true;
  RETURN v_candidates;
END $$;

-- The open buckets of an award with codes for this expiry and value, those that Shopify ends by themselves first.
CREATE FUNCTION buckets_of(p_shop int, p_award int, p_any boolean, p_expires timestamptz, p_value int) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  SELECT p."id" FROM "ParentDiscount" p
  WHERE p."shopId" = p_shop AND p."awardNumber" = p_award AND p."retiredAt" IS NULL AND p."offAt" IS NULL
    AND p."customerGid" IS NULL AND NOT p."firstOrderOnly" AND p."usesPerCode" IS NULL AND p."minOrderMinor" IS NULL
    AND (p_any OR (p."expiresAt" IS NULL OR p."expiresAt" = p_expires) AND p."valueMinor" IS NOT DISTINCT FROM p_value)
  ORDER BY p."expiresAt", p."id";
$$;

-- A candidate that wants a code of a bucket, whichever; place: its number among those who want one of the same bucket.
CREATE TYPE issue_want AS ("index" int, "bucket" int, "place" int);

-- Locks codes for the candidates: those asked for by name and those bound to the customer first, then as many of each bucket
-- as are wanted. Codes that others hold are passed by; where they would have been needed it cannot be known whether the
-- codes are used up, and the batch has to be tried again (lock_not_available).
CREATE FUNCTION claim_codes(p_candidates issue_candidate[]) RETURNS issue_claim[] LANGUAGE plpgsql
-- Only the index of claims has their order: nothing may be sorted instead. What is joined by hash here are lists.
SET enable_sort = off SET enable_hashjoin = on AS $$
#variable_conflict use_column
DECLARE
  v_claims issue_claim[] := '{}';
  v_found issue_claim[];
  v_wants issue_want[];
  v_taken bigint[];
  v_start int := floor((random() - 0.5) * 4294967295)::int;
  v_from bigint;
  v_until bigint;
BEGIN
  IF EXISTS (SELECT 1 FROM unnest(p_candidates) q WHERE q."outcome" IS NULL AND q."wantedCode" IS NOT NULL) THEN
    v_claims := ARRAY(
      SELECT DISTINCT ON (c."id") ROW(q."index", c."id", c."code", c."poolId", least(q."expiresAt", c."expiresAt"))::issue_claim
      FROM unnest(p_candidates) q
      CROSS JOIN LATERAL (
        SELECT c."id", c."code", c."poolId", c."expiresAt" FROM "Coupon" c
        WHERE q."outcome" IS NULL AND NOT q."shared" AND c."shopId" = q."shopId" AND c."code" = q."wantedCode" AND c."awardNumber" = q."awardNumber"
          AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND coalesce(c."boundCustomerId", q."customerId") = q."customerId"
          AND (c."expiresAt" IS NULL OR c."expiresAt" > q."at") AND NOT discount_is_off(c."shopId", c."parentId")
        FOR UPDATE) c
      ORDER BY c."id", q."index");
  END IF;
  IF EXISTS (SELECT 1 FROM unnest(p_candidates) q WHERE q."outcome" IS NULL AND q."hasBound" AND q."wantedCode" IS NULL) THEN
    v_claims := v_claims || ARRAY(
      SELECT ROW(q."index", c."id", c."code", c."poolId", least(q."expiresAt", c."expiresAt"))::issue_claim
      FROM unnest(p_candidates) q
      CROSS JOIN LATERAL (
        SELECT c."id", c."code", c."poolId", c."expiresAt" FROM "Coupon" c
        WHERE q."outcome" IS NULL AND q."wantedCode" IS NULL AND c."shopId" = q."shopId" AND c."awardNumber" = q."awardNumber" AND c."boundCustomerId" = q."customerId"
          AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND (c."expiresAt" IS NULL OR c."expiresAt" > q."at") AND NOT discount_is_off(c."shopId", c."parentId")
        ORDER BY c."id" LIMIT 1 FOR UPDATE) c);
  END IF;

  v_taken := ARRAY(SELECT k."couponId" FROM unnest(v_claims) k);
  v_wants := ARRAY(
    SELECT ROW(w."index", w."bucket", w."place")::issue_want
    FROM (
      SELECT b.*, row_number() OVER (PARTITION BY b."bucket" ORDER BY b."index")::int AS "place"
      FROM (
        SELECT q."index", q."remaining", dense_rank() OVER (ORDER BY q."shopId", q."awardNumber",
          CASE WHEN NOT q."anyBucket" THEN q."bucketExpiresAt" END, CASE WHEN NOT q."anyBucket" THEN q."valueMinor" END)::int AS "bucket"
        FROM unnest(p_candidates) q
        WHERE q."outcome" IS NULL AND NOT q."shared" AND q."wantedCode" IS NULL
          AND NOT EXISTS (SELECT 1 FROM unnest(v_claims) k WHERE k."index" = q."index")) b) w
    WHERE w."remaining" IS NULL OR w."place" <= w."remaining");

  -- Each bucket from a random place to its end, then from its beginning up to there.
  FOR v_from, v_until IN VALUES (v_start::bigint, 2147483648), (-2147483648, v_start::bigint) LOOP
    v_found := ARRAY(
      WITH found AS MATERIALIZED (
        SELECT b."bucket", c."id", c."code", c."poolId", row_number() OVER (PARTITION BY b."bucket")::int AS "place"
        FROM (SELECT w."bucket", count(*) AS "count", min(w."index") AS "index" FROM unnest(v_wants) w GROUP BY w."bucket") b
        JOIN unnest(p_candidates) q ON q."index" = b."index"
        CROSS JOIN LATERAL buckets_of(q."shopId", q."awardNumber", q."anyBucket", q."bucketExpiresAt", q."valueMinor") AS parent
        CROSS JOIN LATERAL (
          SELECT c."id", c."code", c."poolId" FROM "Coupon" c
          WHERE c."shopId" = q."shopId" AND c."parentId" = parent AND hashint8(c."id" >> 6) >= v_from AND hashint8(c."id" >> 6) < v_until
            AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND c."boundCustomerId" IS NULL
            AND NOT c."firstOrderOnly" AND c."usesPerCode" IS NULL AND c."minOrderMinor" IS NULL AND c."id" <> ALL (v_taken)
          ORDER BY hashint8(c."id" >> 6), c."id" LIMIT b."count" FOR UPDATE SKIP LOCKED) c
      )
      SELECT ROW(w."index", f."id", f."code", f."poolId", q."expiresAt")::issue_claim
      FROM unnest(v_wants) w
      JOIN found f ON f."bucket" = w."bucket" AND f."place" = w."place"
      JOIN unnest(p_candidates) q ON q."index" = w."index");
    v_claims := v_claims || v_found;
    IF cardinality(v_found) = cardinality(v_wants) THEN
      RETURN v_claims;
    END IF;
    v_wants := ARRAY(
      SELECT ROW(w."index", w."bucket", row_number() OVER (PARTITION BY w."bucket" ORDER BY w."index"))::issue_want
      FROM unnest(v_wants) w WHERE NOT EXISTS (SELECT 1 FROM unnest(v_found) k WHERE k."index" = w."index"));
  END LOOP;

  v_taken := ARRAY(SELECT k."couponId" FROM unnest(v_claims) k);
  IF EXISTS (
    SELECT 1 FROM unnest(v_wants) w
    JOIN unnest(p_candidates) q ON q."index" = w."index"
    CROSS JOIN LATERAL buckets_of(q."shopId", q."awardNumber", q."anyBucket", q."bucketExpiresAt", q."valueMinor") AS parent
    CROSS JOIN LATERAL (
      SELECT 1 FROM "Coupon" c
      WHERE w."place" = 1 AND c."shopId" = q."shopId" AND c."parentId" = parent
        AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND c."boundCustomerId" IS NULL
        AND NOT c."firstOrderOnly" AND c."usesPerCode" IS NULL AND c."minOrderMinor" IS NULL AND c."id" <> ALL (v_taken)
      LIMIT 1) c) THEN
    RAISE EXCEPTION 'the last codes are in other hands' USING ERRCODE = 'lock_not_available';
  END IF;
  RETURN v_claims;
END $$;

-- What becomes of each candidate: within what the award may still be given the first come first, and only those who have a code.
CREATE FUNCTION decide_issues(p_candidates issue_candidate[], p_claims issue_claim[]) RETURNS issue_decision[] LANGUAGE plpgsql
SET enable_hashjoin = on AS $$
BEGIN
  RETURN ARRAY(
    SELECT ROW(c."index", c."shopId", c."customerId", c."awardNumber", c."requestKey", c."channel", c."at", c."jobId", c."importId",
      c."decision", c."problem", c."repeated", c."availableAt",
      c."price", CASE WHEN c."isClaimed" THEN c."claimedExpiresAt" ELSE c."expiresAt" END, c."valueMinor", c."shared",
      CASE WHEN c."isNew" THEN nextval('"Issuance_id_seq"') ELSE c."issuanceId" END,
      CASE WHEN c."isNew" AND c."channel" = 'checkout' AND c."price" > 0 THEN nextval('"PointsHold_id_seq"') END,
      coalesce(c."claimedId", c."couponId"), coalesce(c."claimedCode", c."code"), coalesce(c."claimedPoolId", c."poolId"),
      c."balance", c."held", c."holdMinutes")::issue_decision
    FROM (
      SELECT c.*, c."decision" = 'issued' AND NOT c."repeated" AS "isNew"
      FROM (
        SELECT c.*, CASE
          WHEN c."outcome" <> 'insufficient_points' THEN c."outcome"
          WHEN c."before" >= c."remaining" THEN 'coupon_max_reached'
          WHEN c."outcome" IS NOT NULL THEN c."outcome"
          WHEN coalesce(c."claimedId", c."couponId") IS NULL THEN 'out_of_codes'
          ELSE 'issued' END AS "decision"
        FROM (
          SELECT q.*, k."index" IS NOT NULL AS "isClaimed", k."couponId" AS "claimedId", k."code" AS "claimedCode", k."poolId" AS "claimedPoolId",
            k."expiresAt" AS "claimedExpiresAt",
            -- How many before this one had everything.
            count(*) FILTER (WHERE q."outcome" IS NULL AND (q."shared" OR k."index" IS NOT NULL))
              OVER (PARTITION BY q."shopId", q."awardNumber" ORDER BY q."index" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS "before"
          FROM unnest(p_candidates) q LEFT JOIN unnest(p_claims) k ON k."index" = q."index") c) c) c
    ORDER BY c."index");
END $$;

-- A batch of at most one request of each customer. Locks the tallies of awards with a total, then the accounts, each in key
-- order (whatever takes both does so in this order), then codes; the tallies of other awards are counted up last of all, so
-- that nobody waits behind them. Every outcome but 'issued' changes nothing. A request that fails fails its batch.
-- "award" is answered with the first request of each award, so that nothing has to be read after the commit.
CREATE FUNCTION issue_coupons(p_requests jsonb)
RETURNS TABLE ("index" int, "shopId" int, "outcome" text, "problem" text, "repeated" boolean, "availableAt" timestamptz, "issuanceId" bigint, "couponId" bigint,
  "code" text, "awardNumber" int, "award" jsonb, "price" int, "expiresAt" timestamptz, "valueMinor" int, "balance" int, "held" int)
LANGUAGE plpgsql
-- Every table here grows, and none is read but by an index: a plan made while it was small must not be kept when it is large.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET join_collapse_limit = 1
SET from_collapse_limit = 1 SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  v_requests issue_request[] := ARRAY(SELECT q FROM jsonb_populate_recordset(NULL::issue_request, p_requests) q);
  v_locked int;
  v_candidates issue_candidate[];
  v_claims issue_claim[];
  v_decisions issue_decision[];
  v_missed int;
  d issue_decision;
BEGIN
  PERFORM 1 FROM (
    SELECT DISTINCT q."shopId", q."awardNumber" FROM unnest(v_requests) q JOIN "Award" a ON a."shopId" = q."shopId" AND a."number" = q."awardNumber"
    WHERE a."issuesTotal" IS NOT NULL OR a."usesTotal" IS NOT NULL ORDER BY 1, 2) q
  CROSS JOIN LATERAL (
    SELECT 1 FROM "AwardTally" t WHERE t."shopId" = q."shopId" AND t."awardNumber" = q."awardNumber" FOR NO KEY UPDATE) t;

  v_locked := lock_accounts(v_requests);
  IF v_locked < cardinality(v_requests) THEN
    INSERT INTO "PointsAccount" ("shopId", "customerId")
    SELECT q."shopId", q."customerId" FROM unnest(v_requests) q ORDER BY 1, 2 ON CONFLICT DO NOTHING;
    v_locked := lock_accounts(v_requests);
  END IF;
  IF v_locked < cardinality(v_requests) THEN
    RAISE EXCEPTION 'a batch holds one request of each customer';
  END IF;

  v_candidates := issue_candidates(v_requests);
  v_claims := claim_codes(v_candidates);

  v_decisions := decide_issues(v_candidates, v_claims);

  WITH given AS MATERIALIZED (
    SELECT * FROM unnest(v_decisions) q WHERE q."outcome" = 'issued' AND NOT q."repeated"
  ),
  coupons AS (
    UPDATE "Coupon" c SET "status" = 'issued', "customerId" = g."customerId", "issuedAt" = g."at", "statusAt" = g."at",
      "expiresAt" = g."expiresAt", "valueMinor" = g."valueMinor"
    FROM given g WHERE NOT g."shared" AND c."shopId" = g."shopId" AND c."id" = g."couponId" AND c."status" = 'available'
    RETURNING 1
  ),
  holds AS (
    INSERT INTO "PointsHold" ("shopId", "id", "customerId", "points", "heldAt", "endsAt")
    SELECT g."shopId", g."holdId", g."customerId", g."price", g."at", g."at" + make_interval(mins => g."holdMinutes") FROM given g WHERE g."holdId" IS NOT NULL
  ),
  accounts AS (
    UPDATE "PointsAccount" p SET "held" = p."held" + g."price"
    FROM given g WHERE g."holdId" IS NOT NULL AND p."shopId" = g."shopId" AND p."customerId" = g."customerId"
  ),
  issuances AS (
    INSERT INTO "Issuance" ("shopId", "id", "awardNumber", "couponId", "customerId", "holdId", "points", "expiresAt", "valueMinor",
      "requestKey", "channel", "jobId", "importId", "issuedAt")
    SELECT g."shopId", g."issuanceId", g."awardNumber", g."couponId", g."customerId", g."holdId", g."price", g."expiresAt", g."valueMinor",
      g."requestKey", g."channel", g."jobId", g."importId", g."at" FROM given g
  ),
  events AS (
    INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
    SELECT g."shopId", 'coupon.issued', jsonb_build_object('couponId', 'cpn_' || g."couponId", 'code', g."code", 'awardId', 'awd_' || g."awardNumber",
      'issuanceId', 'iss_' || g."issuanceId", 'customerId', 'cus_' || g."customerId", 'points', g."price", 'channel', g."channel",
      'expiresAt', to_char(g."expiresAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), g."at", g."at" FROM given g
  ),
  awards AS (
    UPDATE "Award" a SET "firstIssuedAt" = g."at"
    FROM (SELECT g."shopId", g."awardNumber", min(g."at") AS "at" FROM given g GROUP BY 1, 2) g
    WHERE a."shopId" = g."shopId" AND a."number" = g."awardNumber" AND a."firstIssuedAt" IS NULL
  )
  SELECT (SELECT count(*) FROM given g WHERE NOT g."shared") - (SELECT count(*) FROM coupons) INTO v_missed;
  IF v_missed > 0 THEN
    RAISE EXCEPTION 'a claimed code was given away' USING ERRCODE = 'lock_not_available';
  END IF;

  -- Only a checkout proves its discount later; elsewhere the price is spent at once.
  FOR d IN SELECT * FROM unnest(v_decisions) q WHERE q."outcome" = 'issued' AND NOT q."repeated" AND q."holdId" IS NULL AND q."price" > 0 LOOP
    PERFORM 1 FROM post_points_entry(d."shopId", d."customerId", 'spent', -d."price", 'spend:issue:' || d."issuanceId", 'Coupon issued', NULL,
      d."issuanceId", d."at", d."at", false) e WHERE e."outcome" = 'posted';
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the price of issuance % was not posted', d."issuanceId";
    END IF;
  END LOOP;

  -- About eight times while a stock is used up once, whatever its size: cheaper than counting what is left.
  PERFORM ask_refill(p."shopId", p."id", p."at")
  FROM (
    SELECT p."shopId", p."id", max(q."at") AS "at"
    FROM unnest(v_decisions) q JOIN "CodePool" p ON p."shopId" = q."shopId" AND p."awardNumber" = q."awardNumber" AND p."stockTarget" > 0
    WHERE q."outcome" = 'out_of_codes'
      OR q."outcome" = 'issued' AND NOT q."repeated" AND p."id" = q."poolId" AND q."couponId" % greatest(1, p."stockTarget" / 8) = 0
    GROUP BY 1, 2 ORDER BY 1, 2) p;

  WITH tallies AS (
    INSERT INTO "AwardTally" AS t ("shopId", "awardNumber", "issued")
    SELECT q."shopId", q."awardNumber", count(*) FROM unnest(v_decisions) q
    WHERE q."outcome" = 'issued' AND NOT q."repeated" GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT ("shopId", "awardNumber") DO UPDATE SET "issued" = t."issued" + EXCLUDED."issued"
    RETURNING t."shopId", t."awardNumber", t."issued"
  )
  INSERT INTO "StaffAlert" ("shopId", "kind", "subject", "data", "nextAttemptAt", "createdAt")
  SELECT t."shopId", 'few_remaining', 'awd_' || t."awardNumber", jsonb_build_object('awardNumber', t."awardNumber", 'remaining', a."issuesTotal" - t."issued"), q."at", q."at"
  FROM tallies t JOIN "Award" a ON a."shopId" = t."shopId" AND a."number" = t."awardNumber"
  CROSS JOIN LATERAL (SELECT max(q."at") AS "at" FROM unnest(v_decisions) q WHERE q."shopId" = t."shopId" AND q."awardNumber" = t."awardNumber") q
  WHERE a."issuesTotal" - t."issued" <= a."alertRemaining"
  ON CONFLICT DO NOTHING;

  RETURN QUERY
  SELECT q."index", q."shopId", q."outcome", CASE WHEN q."outcome" = 'not_eligible' THEN q."problem" END, q."repeated",
    CASE WHEN q."outcome" IN ('not_started', 'too_soon') THEN q."availableAt" END,
    q."issuanceId", q."couponId", q."code", q."awardNumber",
    CASE WHEN row_number() OVER (PARTITION BY q."shopId", q."awardNumber" ORDER BY q."index") = 1
      THEN (SELECT to_jsonb(a) || jsonb_build_object('texts', ARRAY(
          SELECT jsonb_build_object('locale', x."locale", 'displayName', x."displayName", 'conditions', x."conditions")
          FROM "AwardText" x WHERE x."shopId" = a."shopId" AND x."awardNumber" = a."number"))
        FROM "Award" a WHERE a."shopId" = q."shopId" AND a."number" = q."awardNumber") END,
    q."price", q."expiresAt", q."valueMinor",
    q."balance" - CASE WHEN NOT q."repeated" AND q."outcome" = 'issued' AND q."holdId" IS NULL THEN q."price" ELSE 0 END,
    q."held" + CASE WHEN q."holdId" IS NOT NULL THEN q."price" ELSE 0 END
  FROM unnest(v_decisions) q;
END $$;

-- Whether a code could be given to the customer now, for the award's price; what others claim meanwhile is not looked at.
CREATE FUNCTION has_code(p_shop int, p_award int, p_customer bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_award "Award";
  v_expires timestamptz;
BEGIN
  SELECT * INTO STRICT v_award FROM "Award" a WHERE a."shopId" = p_shop AND a."number" = p_award;
  IF v_award."codeSource" = 'single' THEN
    RETURN EXISTS (SELECT 1 FROM "Coupon" c WHERE c."shopId" = p_shop AND c."awardNumber" = p_award AND c."shared"
      AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND NOT discount_is_off(c."shopId", c."parentId"));
  END IF;
  IF v_award."codeSource" IN ('generated', 'pattern') AND v_award."expiryRule" IN ('days', 'month_ends') THEN
    SELECT coupon_expires_at(v_award."expiryRule", v_award."expiryCount", NULL, NULL, s."timeZone", p_at) INTO v_expires FROM "Shop" s WHERE s."id" = p_shop;
  END IF;
  RETURN EXISTS (SELECT 1 FROM "Coupon" c WHERE c."shopId" = p_shop AND c."awardNumber" = p_award AND c."boundCustomerId" = p_customer
      AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND (c."expiresAt" IS NULL OR c."expiresAt" > p_at) AND NOT discount_is_off(c."shopId", c."parentId"))
    OR EXISTS (SELECT 1 FROM buckets_of(p_shop, p_award, v_award."appliedBy" = 'integrator', v_expires,
        (v_award."minPoints"::bigint * v_award."stepMinor" / v_award."stepPoints")::int) AS parent
      CROSS JOIN LATERAL (SELECT 1 FROM "Coupon" c WHERE c."shopId" = p_shop AND c."parentId" = parent
        AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND c."boundCustomerId" IS NULL
        AND NOT c."firstOrderOnly" AND c."usesPerCode" IS NULL AND c."minOrderMinor" IS NULL LIMIT 1) c);
END $$;

-- Nothing reads these: sweeps find open issuances by their holds, and holds are found by their own ids. Each cost every issuance a write.
DROP INDEX "Issuance_open";
DROP INDEX "PointsHold_shopId_customerId_idx";
-- An account is written again with every coupon and every order: with room on its page it stays there, and no index is told.
ALTER TABLE "PointsAccount" SET (fillfactor = 50);
