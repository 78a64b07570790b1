-- A list without entries is empty, never null, whoever writes the row.
UPDATE "Award" SET "productGids" = coalesce("productGids", '{}'), "variantGids" = coalesce("variantGids", '{}'), "collectionGids" = coalesce("collectionGids", '{}'),
  "excludedAwards" = coalesce("excludedAwards", '{}'), "weekdays" = coalesce("weekdays", '{}'), "monthDays" = coalesce("monthDays", '{}'),
  "channels" = coalesce("channels", '{}'), "locationIds" = coalesce("locationIds", '{}'), "zones" = coalesce("zones", '{}'), "concepts" = coalesce("concepts", '{}');
ALTER TABLE "Award" ALTER COLUMN "productGids" SET DEFAULT ARRAY[]::TEXT[],
ALTER COLUMN "variantGids" SET DEFAULT ARRAY[]::TEXT[],
ALTER COLUMN "collectionGids" SET DEFAULT ARRAY[]::TEXT[],
ALTER COLUMN "excludedAwards" SET DEFAULT ARRAY[]::INTEGER[],
ALTER COLUMN "weekdays" SET DEFAULT ARRAY[]::INTEGER[],
ALTER COLUMN "monthDays" SET DEFAULT ARRAY[]::INTEGER[],
ALTER COLUMN "channels" SET DEFAULT ARRAY[]::"SaleChannel"[],
ALTER COLUMN "locationIds" SET DEFAULT ARRAY[]::TEXT[],
ALTER COLUMN "zones" SET DEFAULT ARRAY[]::TEXT[],
ALTER COLUMN "concepts" SET DEFAULT ARRAY[]::TEXT[];
