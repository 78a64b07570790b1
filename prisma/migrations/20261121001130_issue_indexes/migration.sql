-- Nothing reads these: sweeps find open issuances by their holds, and holds are found by their own ids. Each cost every issuance a write.
DROP INDEX "Issuance_open";
DROP INDEX "PointsHold_shopId_customerId_idx";
