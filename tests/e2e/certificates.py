"""A CA and certificates of every kind, made by openssl(1) when the tests run: none is kept, so none
can expire.

    made = certificates.make()        # a folder that ends with the process
    made / "good.pem", made / "good.key", ...
"""
import atexit
import functools
import pathlib
import shutil
import subprocess
import tempfile

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
DAYS = 30  # more than what is warned of

# name -> (subject, names it is for, days it is valid)
SIGNED = {
    "good": ("localhost", "DNS:localhost,IP:127.0.0.1,IP:::1", DAYS),
    "named": ("api.example.test", "DNS:api.example.test,DNS:*.wild.example.test", DAYS),
    "other": ("other.test", "DNS:other.test,DNS:www.other.test", DAYS),
    "short": ("localhost", "DNS:localhost,IP:127.0.0.1", 3),
    "expired": ("localhost", "DNS:localhost,IP:127.0.0.1", -1),
    "client": ("a client", "DNS:client.test", DAYS),
}


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_ca(folder, name, common_name):
    openssl(folder, "req", "-x509", *CURVE, "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-days", str(DAYS), "-subj", f"/CN={common_name}")


def make_signed(folder, name, common_name, names, days):
    (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
    openssl(folder, "req", *CURVE, "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={common_name}")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext",
            "-out", f"{name}.pem")


@functools.cache
def make():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="prony-certificates-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_ca(folder, "ca", "prony test CA")
    make_ca(folder, "strange", "another CA")
    for name, (common_name, names, days) in SIGNED.items():
        make_signed(folder, name, common_name, names, days)
    openssl(folder, "req", "-x509", *CURVE, "-keyout", "self.key", "-out", "self.pem",
            "-days", str(DAYS), "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl(folder, "pkey", "-in", "client.key", "-aes128", "-passout", "pass:secret",
            "-out", "locked.key")
    # More than a client may be asked to read: OpenSSL's limit is 100 KiB.
    (folder / "chain.pem").write_text((folder / "good.pem").read_text()
                                      + (folder / "ca.pem").read_text() * 300)
    shutil.copy(folder / "good.key", folder / "chain.key")
    return folder
