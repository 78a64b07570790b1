import {
  Badge, Banner as CheckoutBanner, BlockStack, Button as CheckoutButton, Divider, Grid, Heading, InlineStack, Select, SkeletonTextBlock, Text, View,
} from "@shopify/ui-extensions-react/checkout";
import type { AmountField, AwardRow, CouponCard, Screen, ScreenBanner, ScreenButton } from "rewards-flow/screen";
import type { FlowAction } from "rewards-flow/state";

type Press = (action: FlowAction) => void;

/** The screen in the checkout's own components. */
export function RewardsScreen({ screen, press, showAll }: { screen: Screen; press: Press; showAll: () => void }) {
  const { heading, loading, balance, banners, coupons, awards, note } = screen;
  return (
    <BlockStack spacing="base">
      <BlockStack spacing="extraTight">
        <Heading level={2}>{heading}</Heading>
        {balance ? <Text appearance="subdued">{balance}</Text> : null}
      </BlockStack>
      {loading ? <Loading label={loading} /> : null}
      {banners.map((banner) => <Banner key={banner.id} banner={banner} press={press} />)}
      {coupons.map((coupon) => <Coupon key={coupon.issuanceId} coupon={coupon} press={press} />)}
      {note ? <Text appearance="subdued">{note}</Text> : null}
      {awards.length > 0 ? (
        <View border="base" cornerRadius="base" accessibilityRole="unorderedList">
          {awards.map((award, index) => <Award key={award.awardNumber} award={award} isFirst={index === 0} press={press} />)}
        </View>
      ) : null}
      {screen.showAll ? <CheckoutButton kind="secondary" onPress={showAll}>{screen.showAll}</CheckoutButton> : null}
    </BlockStack>
  );
}

function Loading({ label }: { label: string }) {
  return (
    <BlockStack spacing="tight" accessibilityRole="status" accessibilityLabel={label}>
      <SkeletonTextBlock lines={1} />
      <SkeletonTextBlock lines={2} />
    </BlockStack>
  );
}

function Banner({ banner, press }: { banner: ScreenBanner; press: Press }) {
  const { tone, title, lines, buttons } = banner;
  return (
    <CheckoutBanner status={tone} title={title}>
      {lines.length + buttons.length > 0 ? (
        <BlockStack spacing="tight">
          {lines.map((line) => <Text key={line}>{line}</Text>)}
          <Buttons buttons={buttons} press={press} />
        </BlockStack>
      ) : null}
    </CheckoutBanner>
  );
}

function Coupon({ coupon, press }: { coupon: CouponCard; press: Press }) {
  return (
    <View border="base" cornerRadius="base" padding="base" background="subdued">
      <BlockStack spacing="tight">
        <Text emphasis="bold">{coupon.title}</Text>
        {coupon.lines.map((line) => <Text key={line} size="small" appearance="subdued">{line}</Text>)}
        <Buttons buttons={coupon.buttons} press={press} />
      </BlockStack>
    </View>
  );
}

function Award({ award, isFirst, press }: { award: AwardRow; isFirst: boolean; press: Press }) {
  return (
    <View accessibilityRole="listItem">
      {isFirst ? null : <Divider />}
      <Grid columns={["fill", "auto"]} spacing="base" blockAlignment="center" padding="base">
        <BlockStack spacing="extraTight">
          <Text emphasis="bold">{award.name}</Text>
          <Text size="small" appearance="subdued">{award.terms}</Text>
          {award.price ? <Text size="small">{award.price}</Text> : null}
          {award.amount ? <Amount amount={award.amount} choose={(points) => press({ does: "choose", awardNumber: award.awardNumber, points })} /> : null}
          {award.obstacles.map((line) => <Text key={line} size="small" appearance="subdued">{line}</Text>)}
        </BlockStack>
        {award.button ? <Button button={award.button} press={press} /> : null}
        {award.missing ? <Badge tone="subdued">{award.missing}</Badge> : null}
      </Grid>
    </View>
  );
}

function Amount({ amount, choose }: { amount: AmountField; choose: (points: number) => void }) {
  const { label, value, options, disabled } = amount;
  return <Select label={label} value={value} options={options} disabled={disabled} onChange={(chosen: string) => choose(Number(chosen))} />;
}

function Buttons({ buttons, press }: { buttons: ScreenButton[]; press: Press }) {
  if (buttons.length === 0) return null;
  return (
    <InlineStack spacing="tight">
      {buttons.map((button) => <Button key={button.label} button={button} press={press} />)}
    </InlineStack>
  );
}

function Button({ button, press }: { button: ScreenButton; press: Press }) {
  const { label, accessibilityLabel, weight, busy, disabled, action } = button;
  return (
    <CheckoutButton
      kind={weight}
      loading={busy !== null}
      {...(busy === null ? {} : { loadingLabel: busy })}
      disabled={disabled}
      accessibilityLabel={accessibilityLabel}
      onPress={() => press(action)}
    >
      {label}
    </CheckoutButton>
  );
}
