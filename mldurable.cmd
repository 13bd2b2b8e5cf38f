@echo off
rem Runs the mldurable tool; builds it first. Needs the .NET 10 SDK.
setlocal
set "ROOT=%~dp0"
set "BUILD=%ROOT%.build"
where dotnet >nul 2>nul || (
  echo error: the .NET SDK is not on the PATH; install version 10 ^(https://dotnet.microsoft.com/download^) and try again 1>&2
  exit /b 1
)
set "DOTNET_NOLOGO=1"
set "DOTNET_CLI_TELEMETRY_OPTOUT=1"
if not exist "%BUILD%" mkdir "%BUILD%"
rem The build itself finds out whether the sources have changed.
dotnet build "%ROOT%src\MlDurable.Cli\MlDurable.Cli.csproj" -c Release --artifacts-path "%BUILD%\artifacts" -p:RunAnalyzers=false -p:GenerateDocumentationFile=false -nologo -v:quiet > "%BUILD%\build.log" 2>&1
if errorlevel 1 (
  type "%BUILD%\build.log" 1>&2
  echo error: mldurable could not be built; the log is in %BUILD%\build.log 1>&2
  exit /b 1
)
dotnet "%BUILD%\artifacts\bin\MlDurable.Cli\release\mldurable.dll" %*
exit /b %ERRORLEVEL%
