-- Collections of earning rules are read from Shopify page by page; birthdays are looked up by their day.

DROP TABLE "CollectionProduct";

CREATE TABLE "CollectionProduct" (
    "shopId" INTEGER NOT NULL,
    "collectionId" BIGINT NOT NULL,
    "reading" INTEGER NOT NULL,
    "productGid" TEXT NOT NULL,

    CONSTRAINT "CollectionProduct_pkey" PRIMARY KEY ("shopId","collectionId","reading","productGid")
);

CREATE INDEX "CollectionProduct_shopId_productGid_idx" ON "CollectionProduct"("shopId", "productGid");

CREATE TABLE "EarnCollection" (
    "shopId" INTEGER NOT NULL,
    "id" BIGINT NOT NULL,
    "title" TEXT,
    "reading" INTEGER NOT NULL DEFAULT 0,
    "cursor" TEXT,
    "seenCount" INTEGER NOT NULL DEFAULT 0,
    "productsCount" INTEGER NOT NULL DEFAULT 0,
    "isCut" BOOLEAN NOT NULL DEFAULT false,
    "readAt" TIMESTAMPTZ(3),
    "goneAt" TIMESTAMPTZ(3),
    "dueAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "EarnCollection_pkey" PRIMARY KEY ("shopId","id")
);

CREATE INDEX "Customer_shopId_birthMonth_birthDay_idx" ON "Customer"("shopId", "birthMonth", "birthDay");
