# The image of SG Provisioner: one static binary and no operating system around it. docs/container.md says how to use it.
#
#   docker build -t sg-provisioner .                          builds everything in the image of Go below
#   make image                                                builds with the Go of this machine, and pulls nothing
#
# Neither needs BuildKit.

# By its tag, which gets Go's corrections; a release names it by digest (docs/container.md). Only the binary and the certificate
# authorities of it come into the result.
ARG GO_IMAGE=golang:1.26-bookworm

# What every image of it has, before there are any files. CREATED is the time of the commit: the same source has the same labels.
FROM scratch AS base
ARG VERSION=dev REVISION SOURCE CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="SG Provisioner" \
      org.opencontainers.image.description="AWS security groups from a scenario and a small config: checked, deployed and verified" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="LicenseRef-SG-Provisioner"
ENV HOME=/home/sguser PATH=/usr/local/bin
WORKDIR /app
ENTRYPOINT ["/usr/local/bin/sg-provisioner"]
HEALTHCHECK --interval=1m --timeout=5s --start-period=2s --retries=2 CMD ["/usr/local/bin/sg-provisioner", "version", "--check"]

# For make image: the files that `go run ./internal/release -image` has made on this machine. A build of the last stage
# passes through this one and leaves it unused, so the default is anything that exists.
FROM base AS local
ARG SYSTEM_TREE=LICENSE.txt USER_TREE=LICENSE.txt
COPY ${SYSTEM_TREE} /
COPY --chown=1000:1000 ${USER_TREE} /
USER 1000:1000

# The build needs Go alone, no shell. How the image is licensed is said here, and nowhere else: see internal/license.
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY . .
ARG VERSION=dev GARBLE LICENSE_MODE=none LICENSE_PRODUCT LICENSE_KEY_VERSION LICENSE_KEY LICENSE_ENTITLEMENT
RUN ["go", "run", "./internal/release", "-image", "/rootfs"]

FROM base AS runtime
COPY --from=build /rootfs/system /
COPY --from=build --chown=1000:1000 /rootfs/user /
USER 1000:1000
