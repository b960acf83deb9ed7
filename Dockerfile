# penstock as an image: distroless, no shell, not root.
#
#   docker build -t penstock .
#   docker run --rm -v "$PWD:/repo:ro" penstock check --base origin/main --head HEAD
#
# The tags of the images below are to be pinned by digest when a release is made:
# docker buildx imagetools inspect IMAGE prints it.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# With .git: the version is that of the tag, stamped by Go.
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags '-s -w' -o /out/penstock ./cmd/penstock

# penstock reads repositories through git, which distroless/static does not have,
# and which is not static. What penstock asks of it is built into the one program
# (rev-parse, ls-tree, cat-file, ls-files, diff, merge-base, ...), which needs two
# libraries beside the C library: these three files go onto distroless/base-nossl,
# instead of a distribution with a shell and a package manager.
FROM debian:bookworm-slim AS git
RUN apt-get update && apt-get install -y --no-install-recommends git
RUN set -eu; \
    for file in /usr/bin/git $(ldd /usr/bin/git | grep -oE '/[^ ]*/lib(pcre2-8|z)\.so[^ ]*'); do \
      install -D "$file" "/out$file"; \
    done; \
    install -D /usr/share/doc/git/copyright /out/usr/share/doc/git/copyright; \
    # The repository is mounted, and belongs to somebody else: git would not read it.
    printf '[safe]\n\tdirectory = /repo\n\tdirectory = /github/workspace\n' >/out/gitconfig; \
    install -D -m 0644 /out/gitconfig /out/etc/gitconfig; rm /out/gitconfig

FROM gcr.io/distroless/base-nossl-debian12:nonroot
COPY --from=git /out/ /
COPY --from=build /out/penstock /usr/bin/penstock
COPY LICENSE /usr/share/doc/penstock/LICENSE
WORKDIR /repo
USER 65532:65532
ENTRYPOINT ["/usr/bin/penstock"]
CMD ["check"]
