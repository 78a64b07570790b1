/** Redirects this process to the store on `port`; null gives the network back. */
export function redirectToStore(port: number | null): void;
