namespace Hypervex;

/// <summary>How far a vector field's codes are.</summary>
public enum CodeState
{
    /// <summary>They are as the setting says.</summary>
    Ready = 0,

    /// <summary>They are to be trained: there are too few vectors (below 1,024), or no thread has begun. Searches run on those there are.</summary>
    Waiting = 1,

    /// <summary>New ones are being trained; searches run on those there are.</summary>
    Training = 2,
}

/// <summary>The codes of a vector field at work.</summary>
/// <param name="Kind">What searches run on now; <see cref="QuantizationKind.None"/> = the float32 rows. Never <see cref="QuantizationKind.Auto"/>.</param>
/// <param name="State">How far the codes are that the setting asks for.</param>
/// <param name="Progress">The part of the vectors, 0 to 1, for which new codes are written; null while none are.</param>
public sealed record CodeStats(QuantizationKind Kind, CodeState State, double? Progress);
