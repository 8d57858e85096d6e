/**
 * What is asked of PowerShell, as text. Every section answers an object or an array; cmdlets only, so that it also runs
 * where policy forbids a script to call .NET (constrained language mode). No word of the answers is in the language of the
 * system: enumerations are taken by their constants.
 */

/** Namespaces are missing on servers: that is told apart by the error's constant, never by its text. */
const securityCenter = `@(Get-CimInstance -Namespace root/SecurityCenter2 -ClassName AntiVirusProduct -ErrorAction Stop | Select-Object displayName,instanceGuid,productState,pathToSignedProductExe,pathToSignedReportingExe)`;

const defender = `Get-CimInstance -Namespace root/Microsoft/Windows/Defender -ClassName MSFT_MpComputerStatus -ErrorAction Stop | Select-Object AMRunningMode,RealTimeProtectionEnabled,AMServiceEnabled,AMProductVersion`;

const drivers = `@(Get-CimInstance -ClassName Win32_SystemDriver -ErrorAction Stop | Select-Object Name,State)`;

const processes = `@(Get-CimInstance -ClassName Win32_Process -ErrorAction Stop | Select-Object Name,ProcessId,SessionId,ExecutablePath)`;

/** Sections of the one look at what is installed. */
export const surveySections = { securityCenter, defender, drivers, processes } as const;

const began = `ForEach-Object { [string](Get-Date -Date $_.CreationDate.ToUniversalTime() -UFormat '%Y-%m-%dT%H:%M:%SZ') }`;

/** When a process began; an empty list when it does not exist. */
export function processStart(pid: number): string {
  return `@(Get-CimInstance -ClassName Win32_Process -Filter "ProcessId=${pid}" -ErrorAction Stop | ${began})`;
}

/** When this boot began its session of services. Of several the earliest: others may call theirs so. */
export const firstProcessStart = `@(Get-CimInstance -ClassName Win32_Process -Filter "Name='wininit.exe' AND SessionId=0" -ErrorAction Stop | Sort-Object -Property CreationDate | Select-Object -First 1 | ${began})`;

/** Owner and rights of every path, as the security descriptor's own text. */
export function securityDescriptors(paths: readonly string[]): string {
  const list = paths.map(quoted).join(',');
  return `@(foreach ($p in @(${list})) { $a = Get-Acl -LiteralPath $p -ErrorAction Stop; @{ path = $p; sddl = $a.Sddl } })`;
}

/** Makes a directory that is closed from its first moment; one that exists is left as it is. */
export function protectedDirectory(path: string, sddl: string): string {
  return `$s = New-Object System.Security.AccessControl.DirectorySecurity; $s.SetSecurityDescriptorSddlForm(${quoted(sddl)}); [void][System.IO.Directory]::CreateDirectory(${quoted(path)}, $s); @{ made = $true }`;
}

export function authenticode(path: string): string {
  return `$s = Get-AuthenticodeSignature -LiteralPath ${quoted(path)} -ErrorAction Stop; @{ status = [string]$s.Status; type = [string]$s.SignatureType; subject = [string]$s.SignerCertificate.Subject; thumbprint = [string]$s.SignerCertificate.Thumbprint }`;
}

/** One method of a class that is registered for the whole machine. */
export function comAnswer(progId: string, method: string): string {
  if (!/^[A-Za-z][\w.]{0,80}$/.test(progId) || !/^[A-Za-z]\w{0,80}$/.test(method))
    throw new RangeError('no COM method');
  return `$o = New-Object -ComObject ${quoted(progId)} -ErrorAction Stop; @{ text = [string]$o.${method}() }`;
}

/** PowerShell takes typographic quotation marks for quotation marks; doubled, each stands for itself. */
function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a line end would end the word
  if (/[\u0000-\u001f]/.test(text)) throw new RangeError('a path holds control characters');
  return `'${text.replaceAll(/['‘’‚‛]/g, (mark) => mark + mark)}'`;
}

const head = `$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';$r=@{};`;

/** Each section by itself: what fails says so and leaves the others alone. The error's ids are constants. */
function section(name: string, text: string): string {
  return `try{$v=& {${text}};$r['${name}']=@{ok=$true;value=$v}}catch{$r['${name}']=@{ok=$false;id=[string]$_.FullyQualifiedErrorId;hresult=[string]$_.Exception.HResult;native=[string]$_.Exception.NativeErrorCode;detail=[string]$_.Exception.Message}};`;
}

/**
 * In base64 of UTF-8, for the console's own encoding would lose letters; where that call is forbidden, as it is. Both are
 * framed, so that no answer is told from an empty one.
 */
const tail = `$j=ConvertTo-Json -InputObject $r -Depth 6 -Compress;try{$b=[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($j));Write-Output "GARRISON64:$($b):END"}catch{Write-Output "GARRISON:$($j):END"}`;

export function scriptOf(sections: Readonly<Record<string, string>>): string {
  return (
    head +
    Object.entries(sections)
      .map(([name, text]) => section(name, text))
      .join('') +
    tail
  );
}
