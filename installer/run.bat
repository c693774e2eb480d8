@echo off
rem Sets up Sightline and starts it; see run.py.
setlocal
where py >nul 2>nul && (py -3 "%~dp0run.py" %* & goto end)
where python >nul 2>nul && (python "%~dp0run.py" %* & goto end)
echo Sightline needs Python 3.10, 3.11, 3.12 or 3.13 from python.org.
exit /b 1
:end
exit /b %ERRORLEVEL%
