# The Flex Template's launcher: the worker image, and Google's program that starts ours with the template's parameters.
#
#   docker build -f docker/launcher.Dockerfile --build-arg GOOGLE=gcr.io/dataflow-templates-base/…@sha256:… \
#       --build-arg WORKER=HOST/PROJECT/worker:0.1.0 -t HOST/PROJECT/worker-launcher:0.1.0 .
#
# So the graph is built by the very code that runs it. Both images are named from outside, by digest if it is to be
# the same image again.
ARG GOOGLE
ARG WORKER
# hadolint ignore=DL3006
FROM ${GOOGLE} AS google

# hadolint ignore=DL3006
FROM ${WORKER}
COPY --from=google /opt/google/dataflow/python_template_launcher /opt/google/dataflow/python_template_launcher
# Where it writes its log, and where its user may write.
RUN useradd --create-home --uid 10001 launcher \
    && mkdir -p /var/log/dataflow/template_launcher \
    && chown -R launcher /var/log/dataflow
ENV FLEX_TEMPLATE_PYTHON_PY_FILE=/usr/local/lib/python3.11/site-packages/babelmill/pipeline/dataflow/launch.py
USER 10001
WORKDIR /home/launcher
ENTRYPOINT ["/opt/google/dataflow/python_template_launcher"]
