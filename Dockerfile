# Ticketyard in a container: the browser's assets, then a wheel of everything, then only what runs.
# Without DATABASE_URL the container brings its own PostgreSQL in /var/lib/ticketyard.

FROM node:20.19-bookworm AS assets
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tools/assets.py tools/
RUN python3 tools/assets.py

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements-runtime.lock tools/build.lock ./
RUN python -m venv /app \
 && /app/bin/pip install --require-hashes -r requirements-runtime.lock \
 && pip install --require-hashes -r build.lock
COPY tools/minilm.py tools/onnx_graph.py tools/
RUN /app/bin/python tools/minilm.py --strict --pip "python -m pip"
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
COPY --from=assets /src/src/ticketyard/web/static/vendor src/ticketyard/web/static/vendor
RUN hatchling build --target wheel --directory /wheel \
 && /app/bin/pip install --no-deps /wheel/*.whl

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/ticketyard --create-home ticketyard
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 \
    TICKETYARD_HOST=0.0.0.0 TICKETYARD_PORT=8000 TICKETYARD_DATA_DIR=/var/lib/ticketyard
USER ticketyard
WORKDIR /var/lib/ticketyard
VOLUME /var/lib/ticketyard
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["ticketyard", "serve"]
