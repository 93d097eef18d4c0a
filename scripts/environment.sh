# What ./hypervex and ./test need around dotnet. Sourced by both; sets nothing that a user has set.

# dotnet and NuGet want a home they can write. Machines that build may have none, or a read-only one.
artifacts="$root/artifacts"
if [ -z "${HOME:-}" ] || [ ! -d "$HOME" ]; then
    mkdir -p "$artifacts/home"
    export HOME="$artifacts/home"
elif [ ! -w "$HOME" ]; then
    export DOTNET_CLI_HOME="${DOTNET_CLI_HOME:-$artifacts/home}"
    export NUGET_PACKAGES="${NUGET_PACKAGES:-$artifacts/packages}"
    export NUGET_HTTP_CACHE_PATH="${NUGET_HTTP_CACHE_PATH:-$artifacts/http-cache}"
    mkdir -p "$DOTNET_CLI_HOME" "$NUGET_PACKAGES" "$NUGET_HTTP_CACHE_PATH"
fi

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
# Leave no build servers behind.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

if ! command -v dotnet >/dev/null 2>&1; then
    echo "hypervex: the .NET SDK 10 is needed, and there is no 'dotnet' on PATH. See https://dotnet.microsoft.com/download" >&2
    exit 1
fi
