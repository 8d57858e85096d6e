FROM debian:12-slim
ARG TARGETARCH
COPY garrison-console_*_${TARGETARCH}.deb /tmp/console.deb
RUN apt-get update \
 && apt-get install -y --no-install-recommends /tmp/console.deb \
 && rm -rf /tmp/console.deb /var/lib/apt/lists/*
ENV GARRISON_CONSOLE_DEVICES=0.0.0.0:8440 GARRISON_CONSOLE_OPERATORS=0.0.0.0:8441
USER garrison-console
VOLUME /var/lib/garrison-console
EXPOSE 8440 8441
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD NODE_TLS_REJECT_UNAUTHORIZED=0 NODE_NO_WARNINGS=1 /usr/lib/garrison-console/node -e \
  "Promise.any(['https','http'].map(s=>fetch(s+'://127.0.0.1:8441/readyz').then(r=>{if(!r.ok)throw 0}))).catch(()=>process.exit(1))"
ENTRYPOINT ["/usr/sbin/garrison-console"]
CMD ["run"]
