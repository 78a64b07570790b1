/** One shop of the local store: what a test drives and a page shows. */
import { toMinor } from "../../app/lib/money";
import type { Gid } from "../../app/lib/gid";
import { Bucket, type BucketOptions } from "./admin-api/bucket";
import type { DiscountInput } from "./admin-api/discounts/input";
import { activateDiscount, deactivateDiscount, deleteDiscount, type Where } from "./admin-api/discounts/lifecycle";
import { putCode, settleBulkCreations, takeCodes } from "./admin-api/discounts/redeem-codes";
import { updateDiscount } from "./admin-api/discounts/save";
import { tellOfDiscount } from "./discount-payload";
import { Faults } from "./faults";
import type { ReleasedFunction } from "./functions/released";
import { customerPayload, editPayload, orderPayload } from "./order-payload";
import { cancelOrder, type EditAnswer, editOrder, type EditRequest, getOrder, type OrderRefusal, placeOrder, type PlaceOrder, refundOrder, type RefundAnswer, type RefundRequest } from "./orders";
import { refundPayload } from "./refund-payload";
import { type Cart, priceCart, type PricedCart } from "./pricing";
import { type AppIdentity, checkoutToken, idToken, type TokenOverrides } from "./session-tokens";
import type { RedeemCode, StoreDiscount } from "./discount-records";
import type { StoreOrder } from "./order-records";
import type { BulkFailure, ShopState, StoreCollection, StoreCustomer, StoreProduct } from "./state";
import { codeKey, isoSeconds, nextGid } from "./state";
import { Webhooks, type WebhookOptions } from "./webhooks";

export interface ShopOptions {
  app: AppIdentity;
  clock: () => Date;
  bucket: BucketOptions;
  webhooks: Omit<WebhookOptions, "changed" | "clock">;
  changed: () => void;
  /** What the app has released. */
  functions: readonly ReleasedFunction[];
}

export interface NewVariant {
  title?: string;
  sku?: string;
  /** "19.90", in the shop's currency. */
  price: string;
  giftCard?: boolean;
}

export interface NewProduct {
  title: string;
  description?: string;
  vendor?: string;
  productType?: string;
  tags?: string[];
  imageUrl?: string;
  /** The price of the only variant, or the variants. */
  price?: string;
  variants?: NewVariant[];
}

export interface NewCustomer {
  firstName?: string;
  lastName?: string;
  email?: string;
  phone?: string;
  tags?: string[];
  locale?: string;
  createdAt?: Date;
}

export class StoreShop {
  readonly state: ShopState;
  readonly bucket: Bucket;
  readonly faults = new Faults();
  readonly webhooks: Webhooks;
  readonly #options: ShopOptions;

  constructor(state: ShopState, options: ShopOptions) {
    this.state = state;
    this.#options = options;
    this.bucket = new Bucket(options.bucket);
    this.webhooks = new Webhooks(state, { ...options.webhooks, clock: options.clock, changed: options.changed });
  }

  get domain(): string {
    return this.state.domain;
  }

  get name(): string {
    return this.state.name;
  }

  get currency(): string {
    return this.state.currency;
  }

  get timeZone(): string {
    return this.state.timeZone;
  }

  get products(): ReadonlyMap<string, StoreProduct> {
    return this.state.products;
  }

  get customers(): ReadonlyMap<string, StoreCustomer> {
    return this.state.customers;
  }

  get orders(): ReadonlyMap<string, StoreOrder> {
    return this.state.orders;
  }

  get discounts(): ReadonlyMap<string, StoreDiscount> {
    this.settle();
    return this.state.discounts;
  }

  /** The instant the shop's clock shows. */
  now(): Date {
    return this.#options.clock();
  }

  /** Changes how the shop is set up, before anything is sold. */
  configure(settings: Partial<Pick<ShopState, "name" | "currency" | "timeZone" | "taxesIncluded" | "taxRate" | "taxTitle" | "shippingMinor">>): this {
    Object.assign(this.state, settings);
    this.#options.changed();
    return this;
  }

  addProduct(product: NewProduct): StoreProduct {
    const at = this.now().toISOString();
    const variants = product.variants ?? [{ price: product.price ?? "0.00" }];
    const gid = nextGid(this.state, "Product");
    const made: StoreProduct = {
      gid,
      title: product.title,
      handle: product.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""),
      description: product.description ?? "",
      vendor: product.vendor ?? this.name,
      productType: product.productType ?? "",
      status: "ACTIVE",
      tags: product.tags ?? [],
      imageUrl: product.imageUrl ?? null,
      variants: variants.map((variant) => ({
        gid: nextGid(this.state, "ProductVariant"),
        title: variant.title ?? "Default Title",
        sku: variant.sku ?? null,
        priceMinor: toMinor(variant.price, this.currency),
        giftCard: variant.giftCard ?? false,
      })),
      createdAt: at,
      updatedAt: at,
    };
    this.state.products.set(gid, made);
    this.#options.changed();
    return made;
  }

  addCollection(title: string, productGids: readonly Gid<"Product">[]): StoreCollection {
    const made: StoreCollection = { gid: nextGid(this.state, "Collection"), title, handle: title.toLowerCase().replace(/[^a-z0-9]+/g, "-"), productGids: [...productGids] };
    this.state.collections.set(made.gid, made);
    this.#options.changed();
    return made;
  }

  /** A merchant changes what a collection has, and the app is told. Throws on one the shop does not have. */
  changeCollection(collectionGid: string, productGids: readonly Gid<"Product">[]): StoreCollection {
    const found = this.state.collections.get(collectionGid);
    if (!found) throw new Error(`the shop has no collection ${collectionGid}`);
    found.productGids = [...productGids];
    this.#options.changed();
    this.webhooks.emit("collections/update", {
      id: Number(found.gid.slice(found.gid.lastIndexOf("/") + 1)),
      handle: found.handle,
      title: found.title,
      updated_at: this.now().toISOString(),
      body_html: null,
      published_at: this.now().toISOString(),
      sort_order: "manual",
      template_suffix: null,
      published_scope: "web",
      admin_graphql_api_id: found.gid,
    });
    return found;
  }

  addCustomer(customer: NewCustomer): StoreCustomer {
    const at = (customer.createdAt ?? this.now()).toISOString();
    const made: StoreCustomer = {
      gid: nextGid(this.state, "Customer"),
      firstName: customer.firstName ?? null,
      lastName: customer.lastName ?? null,
      email: customer.email ?? null,
      phone: customer.phone ?? null,
      tags: customer.tags ?? [],
      locale: customer.locale ?? "en",
      createdAt: at,
      updatedAt: at,
    };
    this.state.customers.set(made.gid, made);
    this.#options.changed();
    this.webhooks.emit("customers/create", customerPayload(this.state, made));
    return made;
  }

  /** A merchant merges two customers: the orders of both are the kept one's, the other is gone; the app is told. Throws on one the shop does not have. */
  mergeCustomers(keptGid: string, deletedGid: string): StoreCustomer {
    const [kept, deleted] = [this.state.customers.get(keptGid), this.state.customers.get(deletedGid)];
    if (!kept || !deleted || kept === deleted) throw new Error(`the shop cannot merge ${deletedGid} into ${keptGid}`);
    kept.email ??= deleted.email;
    kept.phone ??= deleted.phone;
    kept.tags = [...new Set([...kept.tags, ...deleted.tags])];
    kept.updatedAt = this.now().toISOString();
    for (const order of this.state.orders.values()) if (order.customerGid === deleted.gid) order.customerGid = kept.gid;
    for (const { context } of this.state.discounts.values()) {
      if (context.type === "customers") context.customerGids = context.customerGids.filter((gid) => gid !== deletedGid);
    }
    this.state.customers.delete(deletedGid);
    this.#options.changed();
    this.webhooks.emit("customers/merge", {
      admin_graphql_api_customer_kept_id: keptGid,
      admin_graphql_api_customer_deleted_id: deletedGid,
      admin_graphql_api_job_id: null,
      status: "completed",
      errors: [],
    });
    return kept;
  }

  /** Prices a cart, codes judged by Shopify's rules. */
  priceCart(cart: Cart): PricedCart {
    this.settle();
    return priceCart(this.state, this.now(), cart, this.#options.functions);
  }

  /** Places an order and tells the app, or says which codes it was refused for. */
  placeOrder(request: PlaceOrder): StoreOrder | OrderRefusal {
    this.settle();
    const placed = placeOrder(this.state, this.now(), request, this.#options.functions);
    this.#options.changed();
    if ("refused" in placed) return placed;
    if (request.silent) return placed.order;
    const body = orderPayload(this.state, placed.order);
    const [first] = this.webhooks.emit("orders/create", body);
    this.webhooks.emit("orders/paid", body, first?.eventId);
    const { customerGid } = placed.order;
    if (customerGid !== null) {
      const numberOfOrders = [...this.orders.values()].filter((order) => order.customerGid === customerGid).length;
      this.webhooks.emit("customers/purchasing_summary", { customerId: customerGid, numberOfOrders, occurredAt: placed.order.createdAt }, first?.eventId);
    }
    return placed.order;
  }

  /** Cancels an order, gives all its money back and tells the app. */
  cancelOrder(orderGid: string, reason?: string): StoreOrder {
    const { order, refund, cancelled } = cancelOrder(this.state, this.now(), orderGid, reason);
    this.#options.changed();
    if (!cancelled) return order;
    const body = orderPayload(this.state, order);
    const [first] = this.webhooks.emit("orders/cancelled", body);
    if (refund) this.webhooks.emit("refunds/create", refundPayload(this.state, order, refund), first?.eventId);
    this.webhooks.emit("orders/updated", body, first?.eventId);
    return order;
  }

  /** Gives money back by lines, whole or by amount, and tells the app. */
  refundOrder(orderGid: string, request: RefundRequest): RefundAnswer {
    const answer = refundOrder(this.state, this.now(), orderGid, request);
    this.#options.changed();
    if ("refused" in answer) return answer;
    const order = getOrder(this.state, orderGid);
    const [first] = this.webhooks.emit("refunds/create", refundPayload(this.state, order, answer.refund));
    this.webhooks.emit("orders/updated", orderPayload(this.state, order), first?.eventId);
    return answer;
  }

  /** Adds lines to an order and takes some off, and tells the app what changed and how the order stands. */
  editOrder(orderGid: string, request: EditRequest): EditAnswer {
    const answer = editOrder(this.state, this.now(), orderGid, request);
    this.#options.changed();
    if ("refused" in answer) return answer;
    const order = getOrder(this.state, orderGid);
    const [first] = this.webhooks.emit("orders/edited", editPayload(this.state, order, answer.edit));
    this.webhooks.emit("orders/updated", orderPayload(this.state, order), first?.eventId);
    return answer;
  }

  /** A merchant deletes a discount, with all its codes, in Shopify's own admin. */
  deleteDiscount(discountGid: string): void {
    deleteDiscount(this.#where(), discountGid, this.#discount(discountGid).method);
    this.#options.changed();
  }

  /** A merchant ends a discount at once; its end of before is lost. */
  deactivateDiscount(discountGid: string): StoreDiscount {
    deactivateDiscount(this.#where(), discountGid, this.#discount(discountGid).method);
    this.#options.changed();
    return this.#discount(discountGid);
  }

  /** A merchant begins a discount again, without an end. */
  activateDiscount(discountGid: string): StoreDiscount {
    activateDiscount(this.#where(), discountGid, this.#discount(discountGid).method);
    this.#options.changed();
    return this.#discount(discountGid);
  }

  /** A merchant changes a discount's terms: value, dates, minimum, combination, uses. Throws with Shopify's words on a change it refuses. */
  changeDiscount(discountGid: string, input: DiscountInput): StoreDiscount {
    const { kind, method } = this.#discount(discountGid);
    const { discount, errors } = updateDiscount(this.state, this.now(), discountGid, input, { argument: "discount", kind, method });
    if (!discount) throw new Error(errors.map((error) => error.message).join("; "));
    tellOfDiscount(this.#where().emit, this.state, this.now(), "discounts/update", discount);
    this.#options.changed();
    return discount;
  }

  /** A merchant puts codes under a discount by hand. Throws on a code that a discount has already. */
  addCodes(discountGid: string, codes: readonly string[]): void {
    const discount = this.#discount(discountGid);
    for (const code of codes) {
      if (this.state.codes.has(codeKey(code))) throw new Error(`${code} must be unique. Please try a different code.`);
      putCode(this.#where(), discount, code);
    }
    discount.updatedAt = isoSeconds(this.now());
    this.#options.changed();
  }

  /** A merchant takes a code away from its discount. Throws when no discount has it. */
  removeCode(code: string): void {
    const found = this.findCode(code);
    if (!found) throw new Error(`no discount has the code ${code}`);
    takeCodes(this.#where(), found.discount, [codeKey(code)]);
    this.#options.changed();
  }

  /** The next bulk operation ends so, after so many rows. */
  failNextBulk(failure: BulkFailure): void {
    this.state.bulkFailures.push(failure);
  }

  /** Takes the app out of the shop: its tokens end at once, and it is told. */
  uninstall(): void {
    this.state.installed = false;
    this.state.accessTokens.clear();
    this.state.refreshTokens.clear();
    this.webhooks.emit("app/uninstalled", { id: 1, name: this.name, domain: this.domain, myshopify_domain: this.domain, currency: this.currency, iana_timezone: this.timeZone });
  }

  /** One of the three topics every app must answer. */
  requestCompliance(topic: "customers/data_request" | "customers/redact", customerGid: string): void;
  requestCompliance(topic: "shop/redact"): void;
  requestCompliance(topic: "customers/data_request" | "customers/redact" | "shop/redact", customerGid?: string): void {
    const shop = { shop_id: 1, shop_domain: this.domain };
    const customer = customerGid === undefined ? undefined : this.state.customers.get(customerGid);
    if (!customer) {
      this.webhooks.emit(topic, shop);
      return;
    }
    const { id, email, phone } = customerPayload(this.state, customer);
    const orders = [...this.orders.values()].filter((order) => order.customerGid === customer.gid).map((order) => Number(order.gid.slice(order.gid.lastIndexOf("/") + 1)));
    const asked = topic === "customers/redact" ? { orders_to_redact: orders } : { orders_requested: orders, data_request: { id: this.state.nextId } };
    this.webhooks.emit(topic, { ...shop, customer: { id, email, phone }, ...asked });
  }

  idToken(overrides?: TokenOverrides): string {
    return idToken(this.#options.app, this.domain, this.now(), overrides);
  }

  checkoutToken(who: { customerGid: string | null } & TokenOverrides): string {
    return checkoutToken(this.#options.app, this.domain, this.now(), who);
  }

  /** The codes that are live under a discount, in the order they were added. */
  codesOf(discountGid: string): string[] {
    this.settle();
    const discount = this.state.discounts.get(discountGid);
    return discount ? [...discount.codeKeys].flatMap((key) => this.state.codes.get(key)?.code ?? []) : [];
  }

  /** The code, however it is written, with its discount; null when no discount has it. */
  findCode(code: string): (RedeemCode & { discount: StoreDiscount }) | null {
    this.settle();
    const found = this.state.codes.get(codeKey(code));
    const discount = found && this.state.discounts.get(found.discountGid);
    return found && discount ? { ...found, discount } : null;
  }

  /** Lets the background work happen whose time has come; true when there was some. */
  settle(): boolean {
    return settleBulkCreations(this.#where());
  }

  #where(): Where {
    return { state: this.state, now: this.now(), emit: (topic, body) => void this.webhooks.emit(topic, body) };
  }

  #discount(gid: string): StoreDiscount {
    const discount = this.state.discounts.get(gid);
    if (!discount) throw new Error(`the shop has no discount ${gid}`);
    return discount;
  }

  close(): void {
    this.webhooks.close();
  }
}
