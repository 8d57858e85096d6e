/** Looks for secrets where they must not be: in every form in which programs repeat a text. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** Plain, UTF-16LE, percent-encoded, escaped for JSON, hex, and base64 at each of the three places in a larger text. */
export function formsOf(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value);
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const texts = [
    encodeURIComponent(value),
    percent,
    percent.toUpperCase(),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((before) => base64Inside(bytes, before)),
    ...[0, 1, 2].flatMap((before) => base64Inside(Buffer.from(value, 'utf16le'), before)),
  ];
  const all = new Set([value, ...texts]);
  return [Buffer.from(value, 'utf16le'), ...[...all].map((text) => Buffer.from(text))];
}

/** The part that does not depend on what stands around it. */
function base64Inside(bytes: Buffer, before: number): readonly string[] {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const inside = encoded.slice(before === 0 ? 0 : before + 1, -1);
  return [inside, inside.replaceAll('+', '-').replaceAll('/', '_')];
}

/** `place: name of the secret` for each that is found in the bytes. */
export function foundIn(place: string, bytes: Buffer, canaries: readonly Canary[]): readonly string[] {
  return canaries
    .filter(({ value }) => formsOf(value).some((form) => bytes.includes(form)))
    .map(({ name }) => `${place}: ${name}`);
}

/** Every file, the target of every link and every name below a folder of this machine. */
export function foundBelow(
  folder: string,
  canaries: readonly Canary[],
): { readonly files: number; readonly found: readonly string[] } {
  const found: string[] = [];
  let files = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const place = path.slice(folder.length);
    found.push(...foundIn(`name of ${place}`, Buffer.from(entry.name), canaries));
    if (entry.isSymbolicLink()) found.push(...foundIn(place, Buffer.from(readlinkSync(path)), canaries));
    if (!entry.isFile()) continue;
    files += 1;
    found.push(...foundIn(place, readFileSync(path), canaries));
  }
  return { files, found };
}

/** Secrets come on standard input, so that the spy does not show them itself; it reads until its standard input ends. */
const spyProgram = `
use IO::Select;
$| = 1; my @canaries;
while (my $line = <STDIN>) { chomp $line; last if $line eq ''; push @canaries, [split /\\t/, $line, 2] }
print "ready\\n";
my ($looks, $processes, %seen) = (0, 0);
my $end = IO::Select->new(\\*STDIN);
until ($end->can_read(0.01)) {
  for my $folder (glob '/proc/[0-9]*') {
    next if $folder eq "/proc/$$";
    $processes++;
    for my $file ('cmdline', 'environ') {
      open my $in, '<', "$folder/$file" or next; local $/; my $text = <$in>; close $in;
      next unless defined $text;
      for my $canary (@canaries) {
        next if index($text, $canary->[1]) < 0;
        my ($program) = $text =~ /^([^\\0]*)/;
        $seen{"$file of $program: $canary->[0]"} = 1;
      }
    }
  }
  $looks++;
}
print "looks $looks $processes\\n"; print "$_\\n" for sort keys %seen;
`;

export interface ProcessSpy {
  /** Ends it; what it has seen. */
  end(): Promise<{ readonly looks: number; readonly found: readonly string[] }>;
}

/** Looks at the command line and environment of every process, those in containers included, as often as it can. */
export async function spyOnProcesses(canaries: readonly Canary[]): Promise<ProcessSpy> {
  const child = spawn('perl', ['-e', spyProgram], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error('the spy ended at once')));
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('utf8');
      if (output.startsWith('ready\n')) resolve();
    });
  });
  const forms = canaries.flatMap(({ name, value }) =>
    [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)].map((form) => `${name}\t${form}\n`),
  );
  child.stdin.write(`${forms.join('')}\n`);
  await ready;
  return {
    async end() {
      child.stdin.end();
      await ended;
      const [, looks = '', ...found] = output.trim().split('\n');
      return { looks: Number(/^looks (\d+)/.exec(looks)?.[1]), found };
    },
  };
}
