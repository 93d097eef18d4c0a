using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Http;

/// <summary>
/// The certificate of a server, from two PEM files: the certificate with those that lead to its issuer, and its key. They are read again for each connection that begins and used when their content has changed, so that
/// whoever renews them only replaces the files. While they do not fit each other, as between two replacements, or cannot be read, the one before stays in use.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed partial class TlsCertificate
{
    private readonly Lock _lock = new();
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly ILogger _logger;
    private volatile Loaded _present;
    private byte[] _refused = [];

    private TlsCertificate(string certificateFile, string keyFile, ILogger logger)
    {
        (_certificateFile, _keyFile, _logger) = (certificateFile, keyFile, logger);
        _present = Load(Read());
    }

    private sealed record Content(string Certificate, string Key, byte[] Hash);

    private sealed record Loaded(SslStreamCertificateContext Context, byte[] Hash);

    /// <summary>Reads the certificate for the first time; null when none is asked for.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: only one of the files is named, one cannot be read, or they do not fit.</exception>
    public static TlsCertificate? Open(string? certificateFile, string? keyFile, ILogger logger)
    {
        if (certificateFile is null && keyFile is null)
        {
            return null;
        }

        if (certificateFile is null || keyFile is null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "TLS takes two files: tls_certificate_file and tls_key_file; give both.");
        }

        try
        {
            return new TlsCertificate(certificateFile, keyFile, logger);
        }
        catch (Exception error) when (IsFault(error))
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument, $"\"{certificateFile}\" and \"{keyFile}\" are no certificate and its key in PEM, or cannot be read. Check the files, their rights, and that the key is not encrypted.", error);
        }
    }

    /// <summary>The certificate for a connection that begins, with the others of its file.</summary>
    public SslStreamCertificateContext Current()
    {
        try
        {
            Content content = Read();
            if (!content.Hash.AsSpan().SequenceEqual(_present.Hash))
            {
                Take(content);
            }
        }
        catch (Exception error) when (IsFault(error))
        {
            LogUnreadable(_certificateFile, _keyFile, error.Message);
        }

        return _present.Context;
    }

    private static bool IsFault(Exception error) => error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private static Loaded Load(Content content)
    {
        // Through PKCS#12, since a key that was never stored cannot be used on every system.
        using var ephemeral = X509Certificate2.CreateFromPem(content.Certificate, content.Key);
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), password: null);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(content.Certificate);
        return new Loaded(SslStreamCertificateContext.Create(certificate, chain, offline: true), content.Hash);
    }

    private void Take(Content content)
    {
        lock (_lock)
        {
            if (content.Hash.AsSpan().SequenceEqual(_present.Hash) || content.Hash.AsSpan().SequenceEqual(_refused))
            {
                return;
            }

            try
            {
                _present = Load(content);
                DateTime end = _present.Context.TargetCertificate.NotAfter;
                LogTaken(_certificateFile, end);
            }
            catch (Exception error) when (IsFault(error))
            {
                _refused = content.Hash; // said once
                LogRefused(_certificateFile, _keyFile, error.Message);
            }
        }
    }

    private Content Read()
    {
        string certificate = File.ReadAllText(_certificateFile);
        string key = File.ReadAllText(_keyFile);
        return new Content(certificate, key, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(certificate + "\0" + key)));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The certificate {File} was renewed; it ends at {NotAfter}.")]
    private partial void LogTaken(string file, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Certificate} and {Key} have changed and are no certificate and its key; the one before stays in use. {Reason}")]
    private partial void LogRefused(string certificate, string key, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Certificate} or {Key} cannot be read; the certificate before stays in use. {Reason}")]
    private partial void LogUnreadable(string certificate, string key, string reason);
}
