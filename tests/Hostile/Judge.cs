using System.Collections.Concurrent;

namespace Hypervex.Hostile.Tests;

/// <summary>
/// Says of each answer whether a server may give it to a client's bytes, and counts.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class Judge
{
    private const int MostFindings = 20;

    // What HTTP itself answers, without a problem, to bytes that are no request; 100 comes before an answer.
    private static readonly int[] _ofHttp = [100, 400, 408, 411, 413, 414, 417, 431, 501, 505];
    private static readonly int[] _good = [200, 201, 202, 204, 304];

    private readonly ConcurrentQueue<string> _findings = new();
    private int _accepted;
    private int _refused;
    private int _unanswered;

    /// <summary>What a server may not answer, in words.</summary>
    public IReadOnlyCollection<string> Findings => _findings;

    /// <summary>Requests that succeeded.</summary>
    public int Accepted => _accepted;

    /// <summary>Requests that were refused.</summary>
    public int Refused => _refused;

    /// <summary>Broken frames that were answered by the end of the connection.</summary>
    public int Unanswered => _unanswered;

    /// <summary>The answer to a request whose frame was right.</summary>
    /// <param name="answer">The answer; null = there was none, which has been told.</param>
    /// <param name="mayBeBare">Whether HTTP itself may have found fault with the path, and answered without a problem.</param>
    /// <param name="request">The request, for a finding.</param>
    public void Add(HttpAnswer? answer, bool mayBeBare, Func<string> request)
    {
        if (answer is null)
        {
            return;
        }

        bool isRefusal = (mayBeBare && answer is { Status: 400 or 405 or 414, Body.Length: 0 })
            || (answer.Code is { } code && DocumentedErrors.IsForClients(code) && DocumentedErrors.Statuses[code] == answer.Status);
        Count(_good.Contains(answer.Status), isRefusal, () => $"{request()} got {answer.Status} {answer.Text}");
    }

    /// <summary>The answers to bytes whose frame may be broken.</summary>
    public void Add(IReadOnlyList<int> statuses, string text, Func<string> request)
    {
        if (statuses.Count == 0)
        {
            Interlocked.Increment(ref _unanswered);
            return;
        }

        bool isKnown = statuses.All(status => _good.Contains(status) || _ofHttp.Contains(status) || IsRefusal(status)) && !text.Contains("internal_error", StringComparison.Ordinal);
        Count(isKnown && _good.Contains(statuses[0]), isKnown, () => $"{request()} got {string.Join(' ', statuses)}: {text}");
    }

    /// <summary>The end of a call; 13 is for bytes that are no message, 415 for what is no gRPC.</summary>
    public void Add(GrpcAnswer answer, Func<string> request)
    {
        bool isGood = answer is { Http: 200, Status: "0" };
        bool isRefusal = answer.Http == 415
            || (answer is { Http: 200, Status: not (null or "2") } && answer.Code is { } code && DocumentedErrors.IsForClients(code) && (answer.Status != "13" || code == "bad_request"));
        Count(isGood, isRefusal, () => $"{request()} got {answer}");
    }

    /// <summary>No answer where none need be.</summary>
    public void AddCut() => Interlocked.Increment(ref _unanswered);

    /// <summary>No answer where there must be one.</summary>
    public void AddSilence(Exception error, Func<string> request) => Find($"{request()} got no answer: {error.GetType().Name} {error.Message}");

    /// <summary>Something else that a server may not do.</summary>
    public void Find(string finding)
    {
        if (_findings.Count < MostFindings)
        {
            _findings.Enqueue(finding);
        }
    }

    private static bool IsRefusal(int status) => DocumentedErrors.Statuses.Any(row => row.Value == status && DocumentedErrors.IsForClients(row.Key));

    private void Count(bool isGood, bool isRefusal, Func<string> finding)
    {
        if (isGood)
        {
            Interlocked.Increment(ref _accepted);
        }
        else if (isRefusal)
        {
            Interlocked.Increment(ref _refused);
        }
        else
        {
            Find(finding());
        }
    }
}
