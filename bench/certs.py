# SPDX-License-Identifier: ISC
"""Certificates for benches that speak TLS, and an origin that shows one."""

import os
import subprocess

import common

CIPHER = "TLS_AES_128_GCM_SHA256"
GROUP = "X25519"


def path(name):
    return os.path.join(common.work(), name)


def call(*argv):
    run = subprocess.run(argv, capture_output=True, text=True)
    if run.returncode != 0:
        common.die(f"{argv[0]} failed:\n{run.stdout}{run.stderr}")


def certificate(name, *arguments):
    """NAME.pem and NAME.key, ECDSA P-256."""
    call(
        common.program("openssl"), "req", "-x509", "-days", "2", "-nodes",
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-subj", f"/CN={name}", "-out", path(f"{name}.pem"),
        "-keyout", path(f"{name}.key"), *arguments,
    )
    os.chmod(path(f"{name}.key"), 0o600)


def certificates():
    """A CA for the proxies, one for the origin, and what they vouch for."""
    for ca, leaf in (("proxy-ca", "haproxy"), ("origin-ca", "origin")):
        certificate(
            ca, "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign",
        )
        certificate(
            leaf, "-CA", path(f"{ca}.pem"), "-CAkey", path(f"{ca}.key"),
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "subjectAltName=DNS:localhost",
        )
    with open(path("haproxy.crt"), "w") as out:
        for part in ("haproxy.pem", "haproxy.key"):
            with open(path(part)) as f:
                out.write(f.read())


def tls_origin(silent):
    """Nginx with TLS at tls_port, and its counts at the other.

    Its answer tells what was negotiated with it.  /silent waits for the
    server of that port.
    """
    port, tls_port = common.free_port(), common.free_port()
    origin = common.nginx(
        "origin",
        "\taccess_log off;\n"
        f"\tserver {{ listen 127.0.0.1:{port};\n"
        "\t\tlocation = /served { stub_status; } }\n"
        f"\tserver {{ listen 127.0.0.1:{tls_port} ssl backlog=4096;\n"
        f"\t\tssl_certificate {path('origin.pem')};\n"
        f"\t\tssl_certificate_key {path('origin.key')};\n"
        f"\t\tssl_protocols TLSv1.3; ssl_ecdh_curve {GROUP};\n"
        f"\t\tssl_conf_command Ciphersuites {CIPHER};\n"
        "\t\tproxy_read_timeout 1h;\n"
        f"\t\tlocation = /silent {{ proxy_pass http://127.0.0.1:{silent}; }}\n"
        "\t\tlocation / { return 200"
        ' "$ssl_protocol $ssl_cipher $ssl_curve"; } }\n',
        port,
    )
    origin.tls_port = tls_port
    return origin
