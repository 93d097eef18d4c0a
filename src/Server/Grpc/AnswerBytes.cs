using System.Globalization;
using Google.Protobuf;
using Hypervex.Server.Http;
using Hypervex.Wire;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Bytes of an answer that is one message and therefore held in memory.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class AnswerBytes(int greatest)
{
    private long _bytes;

    /// <summary>Counts a part of the answer.</summary>
    /// <exception cref="RefusedException">The answer would be too large.</exception>
    public T Add<T>(T part)
        where T : IMessage
    {
        _bytes += part.CalculateSize();
        return _bytes <= greatest
            ? part
            : throw new RefusedException(
                ErrorCodes.BodyTooLarge,
                string.Create(CultureInfo.InvariantCulture, $"The answer would be larger than {greatest} bytes; ask for fewer records, or for fewer parts of them with \"include\"."));
    }
}
