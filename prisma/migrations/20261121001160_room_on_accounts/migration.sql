-- An account is written again with every coupon and every order: with room on its page it stays there, and no index is told.
ALTER TABLE "PointsAccount" SET (fillfactor = 50);
