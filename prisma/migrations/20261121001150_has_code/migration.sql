-- Whether a code could be given to the customer now, for the award's price; what others claim meanwhile is not looked at.
CREATE FUNCTION has_code(p_shop int, p_award int, p_customer bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_award "Award";
  v_expires timestamptz;
BEGIN
  SELECT * INTO STRICT v_award FROM "Award" a WHERE a."shopId" = p_shop AND a."number" = p_award;
  IF v_award."codeSource" = 'single' THEN
    RETURN EXISTS (SELECT 1 FROM "Coupon" c WHERE c."shopId" = p_shop AND c."awardNumber" = p_award AND c."shared"
      AND c."status" = 'available' AND c."codeState" IN ('live', 'local'));
  END IF;
  IF v_award."codeSource" IN ('generated', 'pattern') AND v_award."expiryRule" IN ('days', 'month_ends') THEN
    SELECT coupon_expires_at(v_award."expiryRule", v_award."expiryCount", NULL, NULL, s."timeZone", p_at) INTO v_expires FROM "Shop" s WHERE s."id" = p_shop;
  END IF;
  RETURN EXISTS (SELECT 1 FROM "Coupon" c WHERE c."shopId" = p_shop AND c."awardNumber" = p_award AND c."boundCustomerId" = p_customer
      AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND (c."expiresAt" IS NULL OR c."expiresAt" > p_at))
    OR EXISTS (SELECT 1 FROM buckets_of(p_shop, p_award, v_award."appliedBy" = 'integrator', v_expires,
        (v_award."minPoints"::bigint * v_award."stepMinor" / v_award."stepPoints")::int) AS parent
      CROSS JOIN LATERAL (SELECT 1 FROM "Coupon" c WHERE c."shopId" = p_shop AND c."parentId" = parent
        AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND c."boundCustomerId" IS NULL
        AND NOT c."firstOrderOnly" AND c."usesPerCode" IS NULL AND c."minOrderMinor" IS NULL LIMIT 1) c);
END $$;
