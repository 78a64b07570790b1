/** The one Admin API and webhook version this app speaks; shopify.app.toml must name the same (a test compares). */
export const ADMIN_API_VERSION = "2026-07";

/** Access scopes the app asks for; shopify.app.toml must name the same (a test compares). */
export const SCOPES = ["write_discounts", "read_orders", "read_customers", "read_customer_merge", "read_products"] as const;
