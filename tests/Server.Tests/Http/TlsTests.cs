using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hypervex.Server.Tests.Http;

public sealed class TlsTests : IDisposable
{
    private readonly TemporaryData _folder = new();

    private string CertificateFile => Path.Combine(_folder.Path, "server.pem");

    private string KeyFile => Path.Combine(_folder.Path, "server.key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_client_that_trusts_the_certificate_is_served_and_plain_http_is_not()
    {
        using X509Certificate2 certificate = Renew();
        await using TestServer server = await StartAsync();
        Assert.Equal("https", server.Address.Scheme);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, certificate));
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(server, trusted: null));
        using var plain = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(new Uri($"http://127.0.0.1:{server.Address.Port}/readyz")));
    }

    [Fact]
    public async Task Renewed_files_are_used_without_a_restart_and_broken_ones_are_not()
    {
        using X509Certificate2 first = Renew();
        await using TestServer server = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, first));
        byte[] key = await File.ReadAllBytesAsync(KeyFile);

        // Between the two replacements the files do not fit each other.
        using X509Certificate2 second = Renew();
        byte[] newKey = await File.ReadAllBytesAsync(KeyFile);
        await File.WriteAllBytesAsync(KeyFile, key);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, first));
        await File.WriteAllBytesAsync(KeyFile, newKey);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, second));
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(server, first));

        await File.WriteAllTextAsync(CertificateFile, "garbage");
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, second));
        File.Delete(CertificateFile);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, second));
    }

    [Fact]
    public async Task Files_that_do_not_make_a_certificate_keep_the_server_from_starting()
    {
        using X509Certificate2 certificate = Renew();
        ServerOptions both = TestServer.Options with { TlsCertificateFile = CertificateFile, TlsKeyFile = KeyFile };
        foreach (ServerOptions options in (ServerOptions[])[both with { TlsKeyFile = null }, both with { TlsCertificateFile = null }, both with { TlsKeyFile = KeyFile + ".none" }, both with { TlsCertificateFile = KeyFile }])
        {
            Assert.Equal(ErrorCode.InvalidArgument, (await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(options))).Code);
        }
    }

    // A new connection each time, which trusts this certificate and no other.
    private static async Task<HttpStatusCode> GetAsync(TestServer server, X509Certificate2? trusted)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        if (trusted is not null)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { trusted } },
            };
        }

        using var http = new HttpClient(handler);
        using HttpResponseMessage answer = await http.GetAsync(new Uri($"https://localhost:{server.Address.Port}/readyz"));
        return answer.StatusCode;
    }

    private X509Certificate2 Renew()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(TestServer.Options with { TlsCertificateFile = CertificateFile, TlsKeyFile = KeyFile });
}
