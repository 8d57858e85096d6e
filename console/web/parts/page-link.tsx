import { Anchor, Button, type AnchorProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';

type AnchorLike = AnchorProps & Omit<ComponentProps<'a'>, keyof AnchorProps>;
type ButtonLike = ButtonProps & Omit<ComponentProps<'a'>, keyof ButtonProps>;

function PlainAnchor(props: AnchorLike) {
  return <Anchor {...props} />;
}
function AnchorButton(props: ButtonLike) {
  return <Button component="a" {...props} />;
}

/** A link to another screen, checked against the router's addresses. */
export const PageLink = createLink(PlainAnchor);
/** The same as a button. */
export const PageButton = createLink(AnchorButton);
