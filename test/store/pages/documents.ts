/** The documents of these pages: a head, a place to draw in, and what the script needs to begin. */
import type { Boot } from "./admin/data";

/** The admin at any of its addresses. */
export function adminDocument(boot: Boot): string {
  return page({ title: `${boot.title} · Local store admin`, name: "admin", boot });
}

/** The storefront at any of its addresses. */
export function storefrontDocument(boot: { name: string; currency: string }): string {
  return page({ title: boot.name, name: "storefront", boot });
}

function page({ title, name, boot }: { title: string; name: "admin" | "storefront"; boot: unknown }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="/pages/app-icon.svg">
    <link rel="stylesheet" href="/pages/${name}.css">
  </head>
  <body>
    <div id="${name}"></div>
    <script id="boot" type="application/json">${JSON.stringify(boot).replaceAll("<", "\\u003c")}</script>
    <script src="/pages/${name}.js"></script>
  </body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
