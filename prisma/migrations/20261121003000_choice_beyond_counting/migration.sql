-- A number of points so large that its worth cannot be counted is refused as any other that is not offered.

-- What is found about each request, under the locks of issue_coupons. The order of the outcomes is the order in which a
-- shopper can do something about them: nothing about the award, nothing about its limits, points last.
CREATE OR REPLACE FUNCTION issue_candidates(p_requests issue_request[]) RETURNS issue_candidate[] LANGUAGE plpgsql AS $$
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
        AND c."status" = 'available' AND c."codeState" IN ('live', 'local')
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
  -- What the customer had of the award, where that decides anything.
  LEFT JOIN LATERAL (
    SELECT count(*) AS "kept", max(i."issuedAt") AS "lastAt" FROM "Issuance" i
    WHERE (a."perCustomer" IS NOT NULL OR a."gapDays" IS NOT NULL OR a."matchAgain" <> 'another')
      AND i."shopId" = q."shopId" AND i."customerId" = q."customerId" AND i."awardNumber" = q."awardNumber"
      AND i."status" NOT IN ('returned', 'revoked')) past ON true
  -- The unused coupon they hold of it, one that is valid first. Two unused ones of a shared code could not be told apart on an order.
  LEFT JOIN LATERAL (
    SELECT i."id", i."couponId", c."code", i."points", i."expiresAt", i."valueMinor",
      c."status" = 'expired' OR coalesce(i."expiresAt" <= q."at", false) AS "over"
    FROM "Issuance" i JOIN "Coupon" c ON c."shopId" = i."shopId" AND c."id" = i."couponId"
    WHERE (a."matchAgain" = 'existing' OR a."codeSource" = 'single')
      AND i."shopId" = q."shopId" AND i."customerId" = q."customerId" AND i."awardNumber" = q."awardNumber" AND i."status" = 'open'
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
        WHERE i."shopId" = q."shopId" AND i."customerId" = q."customerId" AND i."awardNumber" = ANY (a."excludedAwards") AND i."status" <> 'returned'
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
