@echo off
rem Runs the mldurable tool of this checkout. It is built once, and again when its sources change; otherwise this script only compares the
rem sources with the copy that was built. Everything it makes is under .build\.
setlocal EnableExtensions
set "root=%~dp0."
set "build=%root%\.build"

where /q dotnet || (
    echo mldurable: the .NET SDK 10 is needed, and no 'dotnet' was found. Install it from https://dotnet.microsoft.com/download/dotnet/10.0.>&2
    exit /b 1
)

rem robocopy /L only looks: its exit code is 0 when the mirror equals the sources in names, sizes and times.
if not exist "%build%\cli\mldurable.dll" goto make
call :look src || goto make
call :look eng || goto make
for %%f in (Directory.Build.props Directory.Packages.props) do (
    fc /b "%root%\%%f" "%build%\mirror\%%f" >nul 2>nul || goto make
)
goto start

:make
dotnet --list-sdks | findstr /b "10\." >nul || (
    echo mldurable: the .NET SDK 10 is needed to build; 'dotnet --list-sdks' shows none. Install it from https://dotnet.microsoft.com/download/dotnet/10.0.>&2
    exit /b 1
)
if not exist "%build%" mkdir "%build%" 2>nul
if not exist "%build%" (
    echo mldurable: cannot write to %build%, where the tool is built. Make the checkout writable for this user, or copy it to a place that is.>&2
    exit /b 1
)
echo mldurable: building (once; takes about half a minute)>&2
set DOTNET_NOLOGO=1
set DOTNET_CLI_TELEMETRY_OPTOUT=1
rem The mirror is taken first: a source that changes during the build is seen as changed the next time.
if exist "%build%\cli\mldurable.dll" del "%build%\cli\mldurable.dll" 2>nul
if exist "%build%\cli\mldurable.dll" (
    echo mldurable: the sources have changed while the tool runs in another window. End it there first.>&2
    exit /b 1
)
call :mirror src
call :mirror eng
copy /y "%root%\Directory.*.props" "%build%\mirror\" >nul
dotnet build "%root%\src\MlDurable.Cli" -c Release --artifacts-path "%build%\artifacts" --disable-build-servers -v quiet -nologo -tl:off -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false >"%build%\build.log" 2>&1 <nul
if errorlevel 1 (
    findstr /r "error warn" "%build%\build.log" >&2
    echo mldurable: the build failed; all of it is in %build%\build.log>&2
    exit /b 1
)
robocopy "%build%\artifacts\bin\MlDurable.Cli\release" "%build%\cli" /MIR /NFL /NDL /NJH /NJS /NP >nul
if errorlevel 8 (
    echo mldurable: cannot write to %build%\cli>&2
    exit /b 1
)

:start
dotnet "%build%\cli\mldurable.dll" %*
exit /b %errorlevel%

:look
robocopy "%root%\%1" "%build%\mirror\%1" /MIR /L /XD bin obj node_modules /NFL /NDL /NJH /NJS /NP >nul
if errorlevel 1 exit /b 1
exit /b 0

:mirror
robocopy "%root%\%1" "%build%\mirror\%1" /MIR /XD bin obj node_modules /NFL /NDL /NJH /NJS /NP >nul
exit /b 0
