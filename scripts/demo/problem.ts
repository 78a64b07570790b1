/** Something the person can solve: its message says how, no stack is shown. */
export class Problem extends Error {}
