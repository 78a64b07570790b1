import type { Wallet } from "./state";
import type { Wording } from "./texts";

/** What the sample in the checkout editor says, in the merchant's language. */
export interface SampleTexts {
  pointsName: string;
  awardName: string;
  terms: string;
  biggerAwardName: string;
}

/** A wallet for the checkout editor: one award within reach, one not. */
export function sampleWallet({ pointsName, awardName, terms, biggerAwardName }: SampleTexts): Wallet {
  return {
    pointsName,
    points: 740,
    heldPoints: 0,
    awards: [
      { awardNumber: 1, name: awardName, terms, pointsPrice: 500, obstacles: [] },
      {
        awardNumber: 2, name: biggerAwardName, terms, pointsPrice: 1_000,
        obstacles: [{ outcome: "insufficient_points", message: "", missingPoints: 260 }],
      },
    ],
    coupons: [],
    chosenPoints: {},
    appliedCodes: [],
    canApply: true,
  };
}

/** The sample's words in the language of the editor. */
export function sampleTexts({ translate }: Wording): SampleTexts {
  return {
    pointsName: translate("sample.points"),
    awardName: translate("sample.award"),
    terms: translate("sample.terms"),
    biggerAwardName: translate("sample.bigger"),
  };
}
