-- What staff type is the beginning of something: bytes in their order find it by an index, whatever the collation of the database. Equal
-- values are found by these as well.
DROP INDEX "Customer_shopId_email_idx", "Customer_shopId_phone_idx";
CREATE INDEX "Customer_shopId_email_idx" ON "Customer" ("shopId", "email" text_pattern_ops);
CREATE INDEX "Customer_shopId_phone_idx" ON "Customer" ("shopId", "phone" text_pattern_ops);
-- The whole name, and the last name alone.
CREATE INDEX "Customer_name" ON "Customer" ("shopId", lower(coalesce("firstName", '') || ' ' || coalesce("lastName", '')) text_pattern_ops);
CREATE INDEX "Customer_last_name" ON "Customer" ("shopId", lower("lastName") text_pattern_ops);
CREATE INDEX "Redemption_shopId_orderName_idx" ON "Redemption" ("shopId", "orderName");
