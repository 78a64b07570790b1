/** Where "now" comes from. Only doors and the worker hold a clock; domain code is given an instant. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
