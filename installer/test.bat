@echo off
rem Sets up Sightline and runs every check and test; see test.py.
setlocal
where py >nul 2>nul
if not errorlevel 1 goto launcher
where python >nul 2>nul
if not errorlevel 1 goto python
echo Sightline needs Python 3.10, 3.11, 3.12 or 3.13 from python.org.
exit /b 1
:launcher
py -3 "%~dp0test.py" %*
exit /b %ERRORLEVEL%
:python
python "%~dp0test.py" %*
exit /b %ERRORLEVEL%
