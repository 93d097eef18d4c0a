using Microsoft.Extensions.Options;

namespace Hypervex.Extensions;

/// <summary>
/// Checks the settings of an application; a message names the setting, what is expected and what was found, and never the key.
/// Thread safety: pure functions.
/// </summary>
internal sealed class HypervexOptionsCheck : IValidateOptions<HypervexOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, HypervexOptions options)
    {
        var faults = new List<string>();
        if (options.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            faults.Add($"Url: expected the address of a server such as http://127.0.0.1:8080, found {(options.Url is { } url ? $"\"{url}\"" : "none")}.");
        }

        if (options.ApiKey is { } key && !(key.Length > 0 && key.All(unit => unit is > ' ' and <= '~')))
        {
            faults.Add("ApiKey: expected printable ASCII without spaces, or null for none.");
        }

        if (string.IsNullOrEmpty(options.Collection))
        {
            faults.Add("Collection: expected the name of a collection or an alias, found none.");
        }

        if (options.Timeout <= TimeSpan.Zero)
        {
            faults.Add($"Timeout: expected a time above zero, found {options.Timeout}.");
        }

        if (options.Retries is < 0 or > 100)
        {
            faults.Add(FormattableString.Invariant($"Retries: expected an integer from 0 to 100, found {options.Retries}."));
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
