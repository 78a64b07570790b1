-- A coupon is resent once for a request, however often the request is repeated. Events of other kinds are not in the index and cost it nothing.
CREATE UNIQUE INDEX "Event_resent" ON "Event" ("shopId", ("data" ->> 'couponId'), ("data" ->> 'requestKey')) WHERE "kind" = 'coupon.resent';
