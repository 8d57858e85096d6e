/** The built page over the mock console in a real Chromium, with everything it complains about written down. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { build } from 'vite';
import { servePage, type PageServer } from './server.ts';
import { PageWorld } from './world.ts';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Trial {
  readonly world: PageWorld;
  readonly page: Page;
  readonly address: string;
  readonly server: PageServer;
  /** Errors and warnings of the browser's console, uncaught errors, answers against their schema. */
  readonly complaints: () => string[];
  readonly close: () => Promise<void>;
}

export interface Stage {
  readonly browser: Browser;
  /** Where the built page is. */
  readonly folder: string;
  /** A fresh world and window. Signed in unless told otherwise. */
  readonly open: (options?: BrowserContextOptions & { readonly signedIn?: boolean }) => Promise<Trial>;
  readonly close: () => Promise<void>;
}

/** Builds the page once, `checked` by React as it runs or as it ships; needs `/usr/bin/chromium`. */
export async function setStage(as: 'checked' | 'shipped' = 'checked'): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'garrison-page-'));
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = as === 'shipped' ? 'production' : 'test';
  await build({ root: 'console/web', logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  process.env['NODE_ENV'] = before;
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  return {
    browser,
    folder,
    open: ({ signedIn = true, ...options } = {}) => openTrial({ browser, folder, signedIn, options }),
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface Opening {
  readonly browser: Browser;
  readonly folder: string;
  readonly signedIn: boolean;
  readonly options: BrowserContextOptions;
}

async function openTrial({ browser, folder, signedIn, options }: Opening): Promise<Trial> {
  const world = new PageWorld();
  world.signedIn = signedIn;
  const server = await servePage(world, folder);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints = listenTo(page);
  return {
    world,
    page,
    server,
    address: server.address,
    complaints: () => [...complaints, ...server.faults],
    close: async () => {
      await context.close();
      await server.close();
    },
  };
}

/** Errors and warnings of the browser's console, and uncaught errors, as they come. */
export function listenTo(page: Page): string[] {
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}
