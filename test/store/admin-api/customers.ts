/** Customers as the Admin API shows them. */
import { toDecimal } from "../../../app/lib/money";
import { refundableMinor } from "../orders";
import type { StoreCustomer } from "../state";
import { isoSeconds } from "../state";
import { exactCount } from "./connection";
import type { AdminContext, Presented, RootResolvers } from "./context";
import { type ListArgs, type Listing, listPage, listRows } from "./list";
import { moneyV2 } from "./money";
import type { SearchFields } from "./search-terms";

export const customerQueries: RootResolvers = {
  customer: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const customer = context.state.customers.get(id);
    return customer ? presentCustomer(customer, context) : null;
  },
  customers: (_source: unknown, args: ListArgs, context: AdminContext) => listPage(listing(context), args),
  customersCount: (_source: unknown, args: ListArgs, context: AdminContext) => exactCount(listRows(listing(context), args).length),
};

export function presentCustomer(customer: StoreCustomer, context: AdminContext): Presented {
  const { state } = context;
  const orders = () => [...state.orders.values()].filter((order) => order.customerGid === customer.gid);
  const spent = () => orders().reduce((sum, order) => sum + refundableMinor(order), 0);
  const email = customer.email && { __typename: "CustomerEmailAddress", emailAddress: customer.email, marketingState: "NOT_SUBSCRIBED" };
  const phone = customer.phone && { __typename: "CustomerPhoneNumber", phoneNumber: customer.phone, marketingState: "NOT_SUBSCRIBED" };
  return {
    __typename: "Customer",
    id: customer.gid,
    legacyResourceId: customer.gid.slice(customer.gid.lastIndexOf("/") + 1),
    firstName: customer.firstName,
    lastName: customer.lastName,
    displayName: [customer.firstName, customer.lastName].filter(Boolean).join(" ") || customer.email || "",
    email: customer.email,
    phone: customer.phone,
    defaultEmailAddress: email || null,
    defaultPhoneNumber: phone || null,
    locale: customer.locale,
    tags: customer.tags,
    state: "ENABLED",
    verifiedEmail: true,
    numberOfOrders: () => String(orders().length),
    amountSpent: () => moneyV2(toDecimal(spent(), state.currency), state.currency),
    createdAt: isoSeconds(customer.createdAt),
    updatedAt: isoSeconds(customer.updatedAt),
    image: { __typename: "Image", url: "" },
  };
}

function listing(context: AdminContext): Listing<StoreCustomer> {
  return {
    typename: "CustomerConnection",
    noun: "customers",
    rows: context.state.customers.values(),
    fieldsOf,
    sortBy: { NAME: (customer) => `${customer.lastName ?? ""} ${customer.firstName ?? ""}`, CREATED_AT: (customer) => customer.createdAt, UPDATED_AT: (customer) => customer.updatedAt },
    gidOf: (customer) => customer.gid,
    present: (customer) => presentCustomer(customer, context),
  };
}

function fieldsOf(customer: StoreCustomer): SearchFields {
  return {
    text: [customer.firstName, customer.lastName, customer.email, customer.phone].filter((part) => part !== null),
    exact: { email: customer.email, phone: customer.phone, first_name: customer.firstName, last_name: customer.lastName, id: customer.gid.slice(customer.gid.lastIndexOf("/") + 1) },
    many: { tag: customer.tags },
    instants: { created_at: customer.createdAt, customer_date: customer.createdAt, updated_at: customer.updatedAt },
  };
}
