-- Apart from what uses them: PostgreSQL lets a new value be used only after the transaction that added it.
ALTER TYPE "AwardKind" ADD VALUE 'free_shipping';
ALTER TYPE "AwardKind" ADD VALUE 'free_product';
ALTER TYPE "AwardKind" ADD VALUE 'custom';
ALTER TYPE "CodeSource" ADD VALUE 'pattern';
ALTER TYPE "CodeSource" ADD VALUE 'third_party';
ALTER TYPE "CodeSource" ADD VALUE 'typed';
ALTER TYPE "DiscountState" ADD VALUE 'local';
ALTER TYPE "CodeState" ADD VALUE 'local';
ALTER TYPE "IssuanceStatus" ADD VALUE 'revoked';
