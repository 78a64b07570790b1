/** The URL map: every address of the app on one screen. Hot addresses are served before this, see routes/hot.server.ts. */
import { index, route, type RouteConfig } from "@remix-run/route-config";

export default [
  index("routes/landing.tsx"),
  route("auth/*", "routes/auth/auth.tsx"),
  // Downloads: answered without the pages around them.
  route("app/awards/:awardId/coupons.csv", "routes/admin/coupons-csv.ts"),
  route("app/redemptions.csv", "routes/admin/redemptions-csv.ts"),
  route("app/privacy/:requestId/export.json", "routes/admin/privacy-export.ts"),
  route("app", "routes/admin/layout.tsx", [
    index("routes/admin/home.tsx"),
    route("awards", "routes/admin/awards.tsx"),
    route("awards/new", "routes/admin/award-new.tsx"),
    route("awards/:awardId", "routes/admin/award.tsx"),
    route("awards/:awardId/edit", "routes/admin/award-edit.tsx"),
    route("awards/:awardId/codes", "routes/admin/award-codes.tsx"),
    route("locations", "routes/admin/locations.tsx"),
    route("customers", "routes/admin/customers.tsx"),
    route("customers/:customerId", "routes/admin/customer.tsx"),
    route("customers/:customerId/birthday", "routes/admin/customer-birthday.ts"),
    route("redemptions", "routes/admin/redemptions.tsx"),
    route("activity", "routes/admin/activity.tsx"),
    route("earning", "routes/admin/earning.tsx"),
    route("earning/:ruleId", "routes/admin/earning-rule.tsx"),
    route("settings", "routes/admin/settings.tsx"),
    route("api-keys", "routes/admin/api-keys.tsx"),
    route("webhooks", "routes/admin/webhooks.tsx"),
    route("webhooks/:endpointId", "routes/admin/webhook.tsx"),
    route("*", "routes/admin/unknown.tsx"),
  ]),
] satisfies RouteConfig;
