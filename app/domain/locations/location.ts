/** A place where coupons are used, as the integrator's tills name it, and the groups it belongs to. */
export interface Location {
  id: string;
  name: string;
  /** A district, city or country that several belong to. */
  zone: string | null;
  /** What kind of place it is: flagship, outlet, café. */
  concept: string | null;
}
