/** Banners of the award page: what is wrong with its discount in Shopify, and what staff can do about it. */
import { Banner, BlockStack } from "@shopify/polaris";
import type { DiscountProblem } from "../../domain/awards/discount-problems.server";

interface Words {
  tone: "critical" | "warning";
  title: string;
  todo: string;
}

const WORDS: Record<DiscountProblem["kind"], Words> = {
  failed: { tone: "critical", title: "Shopify did not take the discount", todo: "Until it does, no codes are given out. Correct the award with Edit, or try again." },
  off: { tone: "warning", title: "No codes are given out", todo: "Codes that customers hold do not work at the checkout either. Restore the discount or deactivate the award, under Activity." },
  behind: { tone: "warning", title: "Shopify did not take the latest terms", todo: "Customers’ codes work under the terms from before. Correct the award with Edit, or try again." },
};

export function AwardProblems({ problems, busy, onRetry }: { problems: DiscountProblem[]; busy: boolean; onRetry: () => void }) {
  return problems.map(({ kind, problem, isTried }) => {
    const { tone, title, todo } = WORDS[kind];
    const action = kind === "off" ? { content: "Decide what to do", url: "/app/activity?view=differences" } : { content: "Try again", onAction: onRetry, loading: busy };
    return (
      <Banner key={kind} tone={tone} title={title} {...(!isTried && { action })}>
        <BlockStack gap="100">
          <p>{problem ?? "Shopify gave no reason."}</p>
          <p>{isTried ? "Shopify is being asked again." : todo}</p>
        </BlockStack>
      </Banner>
    );
  });
}
