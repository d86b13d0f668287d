# Quoth as a container: an ordinary user, nothing writable but /data. See docs/container.md.
FROM python:3.11-slim AS built
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY corpus corpus
COPY index index
COPY qa qa
RUN python -m venv /opt/quoth \
 && /opt/quoth/bin/pip install --no-cache-dir --constraint constraints.txt \
    --index-url https://download.pytorch.org/whl/cpu torch \
 && /opt/quoth/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.11-slim
COPY --from=built /opt/quoth /opt/quoth
RUN useradd --uid 10001 --no-create-home quoth && install -d -o quoth /data
ENV PATH=/opt/quoth/bin:/usr/bin:/bin HOME=/data QUOTH_HOST=0.0.0.0 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/api/v1/ready', timeout=4)"]
ENTRYPOINT ["quoth"]
CMD ["serve", "--sample"]
