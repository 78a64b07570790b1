/**
 * A form that is sent and not answered stays as it is: the page would be taken away, and all that was typed with it. A route with an
 * action exports both of these.
 */
import { isRouteErrorResponse, type ClientActionFunctionArgs, type ShouldRevalidateFunctionArgs } from "@remix-run/react";

/** Sends the form. Without an answer of ours the merchant is told, and the page goes on as if nothing had been sent. */
export async function clientAction({ serverAction }: ClientActionFunctionArgs): Promise<unknown> {
  try {
    return await serverAction();
  } catch (error) {
    if (error instanceof Response || isRouteErrorResponse(error)) throw error;
    shopify.toast.show("No answer came. What you typed is still here: try again.", { isError: true });
    return null;
  }
}

/** Without an answer nothing is read anew: that would not arrive either, and take the page away all the same. */
export function shouldRevalidate({ actionResult, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs): boolean {
  return actionResult === null ? false : defaultShouldRevalidate;
}
