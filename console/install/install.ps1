# Brings the Garrison agent onto this machine and makes it known to its console. Made by that console; whoever runs the line
# from its page has compared the SHA-256 of this text before. For Windows PowerShell 4 and newer, as administrator.
#
# $global:LASTEXITCODE afterwards: 0 done or nothing to do, 64 wrong arguments, 65 not the file that was meant, 69 nothing could
# be fetched, 70 the package was not taken, 75 the console did not let it in, 76 it belongs to another console, 77 no right,
# 78 not for this system, 3010 done, and Windows asks for a restart.
param([string]$Enrolment = '', [string]$Proxy = '', [switch]$Uninstall)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
# @SETTINGS@

function Say([string]$Text) { Write-Host "Garrison: $Text" }

# Ends the script with a code, without closing the window it was pasted into.
function Fail([int]$Code, [string]$What, [string]$Remedy) {
  $ended = New-Object System.Exception "$What`n  What to do: $Remedy"
  $ended.Data['garrison'] = $Code
  throw $ended
}

# The 64-bit folder, also in a 32-bit PowerShell. From where administrators alone write: variables of that name can be set by
# whatever runs as this user without administrator rights.
$places = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion'
$programs = if ($places.PSObject.Properties['ProgramW6432Dir']) { $places.ProgramW6432Dir } else { $places.ProgramFilesDir }
$root = Join-Path $programs 'Garrison'

function Find-Agent {
  $current = Join-Path $root 'current'
  if (-not (Test-Path -LiteralPath $current -PathType Leaf)) { return $null }
  $named = ([IO.File]::ReadAllText($current)).Trim()
  if ($named -notmatch '^[0-9A-Za-z.+-]{1,64}$') { return $null }
  $file = Join-Path $root "versions\$named\garrison-agent.exe"
  if (Test-Path -LiteralPath $file -PathType Leaf) { return $file }
  return $null
}

# Id of the console this device belongs to; empty when it belongs to none or does not say.
function Get-ConsoleOfDevice([string]$Agent) {
  # What a program says on standard error is no error of this script.
  $ErrorActionPreference = 'Continue'
  try { $status = (& $Agent status --json 2>$null | Out-String | ConvertFrom-Json) } catch { return '' }
  if ($null -eq $status -or $null -eq $status.enrolled) { return '' }
  return [string]$status.enrolled.consoleId
}

function Get-Sha256([string]$File) {
  $stream = [IO.File]::OpenRead($File)
  $hash = [Security.Cryptography.SHA256]::Create()
  try { return [BitConverter]::ToString($hash.ComputeHash($stream)).Replace('-', '').ToLowerInvariant() }
  finally { $stream.Dispose(); $hash.Dispose() }
}

# What comes is held against its SHA-256, so that a certificate of the console's own making may pass here.
function Receive-File([string]$Name, [string]$File) {
  $client = New-Object Net.WebClient
  if ($Proxy) { $client.Proxy = New-Object Net.WebProxy $Proxy }
  $before = [Net.ServicePointManager]::ServerCertificateValidationCallback
  if ($pinned) { [Net.ServicePointManager]::ServerCertificateValidationCallback = { $true } }
  try { $client.DownloadFile("$address/install/$Name", $File) }
  finally { [Net.ServicePointManager]::ServerCertificateValidationCallback = $before; $client.Dispose() }
}

# The folder that only administrators can write: below Program Files, like everything of the agent.
function New-WorkFolder {
  $folder = Join-Path $programs ("Garrison-" + [Guid]::NewGuid().ToString('N'))
  [void][IO.Directory]::CreateDirectory($folder)
  return $folder
}

function Start-Installer([string]$Arguments) {
  $run = Start-Process -FilePath (Join-Path ([Environment]::SystemDirectory) 'msiexec.exe') -ArgumentList $Arguments -Wait -PassThru
  return $run.ExitCode
}

function Install-Package([string]$Work) {
  $system = if ([Environment]::Is64BitOperatingSystem) { 'windows-x64' } else { 'windows-x86' }
  $row = $packages | Where-Object { $_.system -eq $system } | Select-Object -First 1
  if ($null -eq $row) {
    Fail 78 "This console has no Garrison agent for $system." 'Load a release that has one: garrison-console release add DIRECTORY, then make a new line.'
  }
  $file = Join-Path $Work 'garrison-agent.msi'
  Say "fetches the Garrison agent $version for $system (msi, $($row.size) bytes) from $address"
  try { Receive-File "files/$($row.sha256)" $file }
  catch { Fail 69 "The agent package could not be fetched: $($_.Exception.Message)" "Let this machine reach $address (through a proxy: set `$env:https_proxy before the line), then run the line again." }
  if ((Get-Sha256 $file) -ne $row.sha256) {
    Fail 65 'The package is not the one this line was made for. Nothing of it was run.' 'Make a new line on the page; if it happens again, somebody changes files on the way: look at the proxy.'
  }
  $signature = Get-AuthenticodeSignature -LiteralPath $file
  if (@('Valid', 'NotSigned', 'UnknownError') -notcontains [string]$signature.Status) {
    Fail 65 "The signature of the package does not hold ($($signature.Status)). Nothing of it was run." 'Make a new line on the page.'
  }
  Say 'installs it as a service; it watches and installs nothing before an administrator says so'
  $code = Start-Installer "/i `"$file`" /qn /norestart"
  for ($try = 1; $code -eq 1618 -and $try -le 60; $try++) {
    if ($try -eq 1) { Say 'waits for another installation to finish' }
    Start-Sleep -Seconds 10
    $code = Start-Installer "/i `"$file`" /qn /norestart"
  }
  if (@(0, 3010) -notcontains $code) {
    Fail 70 "Windows Installer ended with $code." 'Look that number up under "Windows Installer error codes"; solve it, then run the line again.'
  }
  return $code
}

# The agent knows no environment: its proxy stands in its own file.
function Save-Proxy {
  if (-not $Proxy) { return }
  $state = Join-Path $root 'State'
  $file = Join-Path $state 'agent.json'
  if (Test-Path -LiteralPath $file) { Say "leaves $file as it is; see there for its proxy"; return }
  if (-not (Test-Path -LiteralPath $state)) { return }
  [IO.File]::WriteAllText($file, (@{ proxy = $Proxy } | ConvertTo-Json))
  Restart-Service -Name 'GarrisonAgent' -ErrorAction SilentlyContinue
}

function Install-Agent {
  if ($Enrolment -notlike 'garrison1.*') { Fail 64 'There is no enrolment string.' 'Copy the whole line from the page, Enrolment.' }
  if ($Proxy -and $Proxy -notmatch '^http://[A-Za-z0-9:/@._%~-]+$') { Fail 64 'The proxy is not understood.' 'Give it as http://host:port.' }
  $agent = Find-Agent
  $here = if ($agent) { Get-ConsoleOfDevice $agent } else { '' }
  if ($here -eq $console) { Say 'this device is already enrolled with this console; nothing to do'; return 0 }
  if ($here) { Fail 76 'This device belongs to another Garrison console.' 'If it is to change: garrison-agent unenrol, then run the line again.' }
  $code = 0
  if ($agent) { Say 'the Garrison agent is installed already and stays' }
  else {
    $work = New-WorkFolder
    try { $code = Install-Package $work } finally { Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue }
    $agent = Find-Agent
    if (-not $agent) { Fail 70 'The package was taken, but there is no agent.' 'Please report this; our fault.' }
  }
  Save-Proxy
  Say "makes this device known to the console at $address"
  # By standard input, so that it stands in no command line.
  $OutputEncoding = New-Object Text.ASCIIEncoding
  $Enrolment | & $agent enrol | Out-Host
  if ($LASTEXITCODE -ne 0) {
    Fail 75 'The agent is installed, but the console has not let it in.' 'Read the lines above; most often the install key has ended: make a new one and run its line.'
  }
  Say 'done. What this device is and does: garrison-agent status'
  return $code
}

function Remove-Agent {
  $agent = Find-Agent
  if ($agent -and (Get-ConsoleOfDevice $agent)) {
    Say 'leaves the console'
    & $agent unenrol | Out-Host
    if ($LASTEXITCODE -ne 0) { Say 'the console was not told; remove the device there' }
  }
  $keys = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*', 'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*'
  $found = @(Get-ItemProperty -Path $keys -ErrorAction SilentlyContinue | Where-Object { $_.PSObject.Properties['DisplayName'] -and $_.DisplayName -like 'Garrison*' -and $_.PSChildName -match '^\{[0-9A-Fa-f-]{36}\}$' })
  if ($found.Count -eq 0) { Say 'there is no Garrison agent on this machine; nothing to do'; return 0 }
  Say 'removes the Garrison agent; the SentinelOne agent is not touched'
  $code = Start-Installer "/x $($found[0].PSChildName) /qn /norestart"
  if (@(0, 3010) -notcontains $code) { Fail 70 "Windows Installer ended with $code." 'Look that number up under "Windows Installer error codes".' }
  Say 'done'
  return $code
}

try {
  $me = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
  if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) { Fail 77 'This needs administrator rights.' 'Open PowerShell with "Run as administrator" and run the line again.' }
  $global:LASTEXITCODE = if ($Uninstall) { Remove-Agent } else { Install-Agent }
} catch {
  $code = 70
  if ($_.Exception.Data.Contains('garrison')) { $code = $_.Exception.Data['garrison'] }
  $global:LASTEXITCODE = $code
  Write-Host "Garrison: $($_.Exception.Message)" -ForegroundColor Red
}
