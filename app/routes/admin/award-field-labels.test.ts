import { expect, it } from "vitest";
import { inFormOrder, toldAtTop } from "./award-field-labels";

it("tells a merchant what is wrong from the top of the form to its end, wherever it was found, and what is of no field last", () => {
  const found = [
    { field: "usesTotal", message: "Enter a number." },
    { field: "request", message: "Try again." },
    { field: "lowStockAt", message: "Enter a whole number." },
    { field: "pointsPrice", message: "Enter a number." },
    { field: "name", message: "Give the award a name." },
  ];

  expect(inFormOrder(found).map(toldAtTop)).toEqual([
    "Name: Give the award a name.",
    "Points price: Enter a number.",
    "Low stock: Enter a whole number.",
    "Redemptions in all: Enter a number.",
    "Award: Try again.",
  ]);
});
