namespace Hypervex.Metadata;

/// <summary>
/// JSON Merge Patch (RFC 7396, section 2): members of the patch replace those of the target, null removes, objects merge,
/// anything else (arrays too) is taken as it is.
/// Thread safety: pure functions.
/// </summary>
internal static class MetadataMerge
{
    /// <summary>The merged metadata as a new object. It may exceed the size limit, which the encoder checks.</summary>
    /// <param name="target">The stored metadata; null is an empty object.</param>
    /// <param name="patch">What to change.</param>
    public static MetadataObject Apply(MetadataObject? target, MetadataObject patch)
    {
        MetadataObject merged = target is null ? new MetadataObject() : new MetadataObject(target);
        foreach ((string key, MetadataValue value) in patch.Members)
        {
            if (value.Kind == MetadataKind.Null)
            {
                merged.Remove(key);
            }
            else if (value.Kind == MetadataKind.Object)
            {
                bool mergeable = merged.TryGetValue(key, out MetadataValue old) && old.Kind == MetadataKind.Object;
                merged[key] = Apply(mergeable ? old.AsObject() : null, value.AsObject());
            }
            else
            {
                merged[key] = value;
            }
        }

        return merged;
    }
}
