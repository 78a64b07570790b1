-- What orders used is read and recorded for up to a hundred orders at once: planned anew each time, for tables as large as they then are.
-- A plan that was kept from when a new shop's tables were nearly empty walked through all its codes for each, until statistics came.
-- And from the uses to their coupons, never from an award to all of its coupons.
ALTER FUNCTION read_order_uses(int, jsonb, bigint[], timestamptz) SET plan_cache_mode = force_custom_plan;
ALTER FUNCTION read_order_uses(int, jsonb, bigint[], timestamptz) SET join_collapse_limit = 1;
ALTER FUNCTION read_order_uses(int, jsonb, bigint[], timestamptz) SET from_collapse_limit = 1;
ALTER FUNCTION record_order_uses(int, jsonb, jsonb, jsonb, timestamptz) SET plan_cache_mode = force_custom_plan;
ALTER FUNCTION record_order_uses(int, jsonb, jsonb, jsonb, timestamptz) SET join_collapse_limit = 1;
ALTER FUNCTION record_order_uses(int, jsonb, jsonb, jsonb, timestamptz) SET from_collapse_limit = 1;
