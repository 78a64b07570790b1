import type { AmountField, AwardRow, CouponCard, Screen, ScreenBanner, ScreenButton } from "rewards-flow/screen";
import type { FlowAction } from "rewards-flow/state";

type Press = (action: FlowAction) => void;

/** The screen in the checkout's own elements. */
export function RewardsScreen({ screen, press, showAll }: { screen: Screen; press: Press; showAll: () => void }) {
  const { heading, loading, balance, banners, coupons, awards, note } = screen;
  return (
    <s-stack gap="base">
      <s-stack gap="small-400">
        <s-heading>{heading}</s-heading>
        {balance ? <s-text color="subdued">{balance}</s-text> : null}
      </s-stack>
      {loading ? <Loading label={loading} /> : null}
      {banners.map((banner) => <Banner key={banner.id} banner={banner} press={press} />)}
      {coupons.map((coupon) => <Coupon key={coupon.issuanceId} coupon={coupon} press={press} />)}
      {note ? <s-text color="subdued">{note}</s-text> : null}
      {awards.length > 0 ? (
        <s-box border="base" borderRadius="base" accessibilityRole="unordered-list">
          {awards.map((award, index) => <Award key={award.awardNumber} award={award} isFirst={index === 0} press={press} />)}
        </s-box>
      ) : null}
      {screen.showAll ? <s-button variant="secondary" onClick={showAll}>{screen.showAll}</s-button> : null}
    </s-stack>
  );
}

function Loading({ label }: { label: string }) {
  return (
    <s-stack gap="small-200" accessibilityRole="status" accessibilityLabel={label}>
      <s-skeleton-paragraph content={label} />
      <s-skeleton-paragraph content={`${label} ${label}`} />
    </s-stack>
  );
}

function Banner({ banner, press }: { banner: ScreenBanner; press: Press }) {
  const { tone, title, lines, buttons } = banner;
  return (
    <s-banner tone={tone} heading={title}>
      {lines.length + buttons.length > 0 ? (
        <s-stack gap="small-200">
          {lines.map((line) => <s-text key={line}>{line}</s-text>)}
          <Buttons buttons={buttons} press={press} />
        </s-stack>
      ) : null}
    </s-banner>
  );
}

function Coupon({ coupon, press }: { coupon: CouponCard; press: Press }) {
  return (
    <s-box border="base" borderRadius="base" padding="base" background="subdued">
      <s-stack gap="small-200">
        <s-text type="strong">{coupon.title}</s-text>
        {coupon.lines.map((line) => <s-text key={line} type="small" color="subdued">{line}</s-text>)}
        <Buttons buttons={coupon.buttons} press={press} />
      </s-stack>
    </s-box>
  );
}

function Award({ award, isFirst, press }: { award: AwardRow; isFirst: boolean; press: Press }) {
  return (
    <s-box accessibilityRole="list-item">
      {isFirst ? null : <s-divider />}
      <s-grid gridTemplateColumns="1fr auto" columnGap="base" alignItems="center" padding="base">
        <s-stack gap="small-400">
          <s-text type="strong">{award.name}</s-text>
          <s-text type="small" color="subdued">{award.terms}</s-text>
          {award.price ? <s-text type="small">{award.price}</s-text> : null}
          {award.amount ? <Amount amount={award.amount} choose={(points) => press({ does: "choose", awardNumber: award.awardNumber, points })} /> : null}
          {award.obstacles.map((line) => <s-text key={line} type="small" color="subdued">{line}</s-text>)}
        </s-stack>
        {award.button ? <Button button={award.button} press={press} /> : null}
        {award.missing ? <s-badge tone="neutral">{award.missing}</s-badge> : null}
      </s-grid>
    </s-box>
  );
}

function Amount({ amount, choose }: { amount: AmountField; choose: (points: number) => void }) {
  const { label, value, options, disabled } = amount;
  return (
    <s-select label={label} value={value} disabled={disabled} onChange={(event) => choose(Number(chosenIn(event)))}>
      {options.map((option) => <s-option key={option.value} value={option.value}>{option.label}</s-option>)}
    </s-select>
  );
}

function chosenIn({ currentTarget }: Event): string | undefined {
  return (currentTarget as HTMLElementTagNameMap["s-select"]).value;
}

function Buttons({ buttons, press }: { buttons: ScreenButton[]; press: Press }) {
  if (buttons.length === 0) return null;
  return (
    <s-stack direction="inline" gap="small-200">
      {buttons.map((button) => <Button key={button.label} button={button} press={press} />)}
    </s-stack>
  );
}

function Button({ button, press }: { button: ScreenButton; press: Press }) {
  const { label, accessibilityLabel, weight, busy, disabled, action } = button;
  return (
    <s-button variant={weight} loading={busy !== null} disabled={disabled} accessibilityLabel={busy ?? accessibilityLabel} onClick={() => press(action)}>
      {label}
    </s-button>
  );
}
