/** How a customer is called on screen: the name, else the e-mail, else what is left after an erasure. */
export function customerName(customer: { firstName: string | null; lastName: string | null; email: string | null; erasedAt: Date | null }): string {
  if (customer.erasedAt) return "Erased customer";
  return [customer.firstName, customer.lastName].filter(Boolean).join(" ") || customer.email || "Customer without a name";
}
