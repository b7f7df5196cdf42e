/** axios, which calls by XMLHttpRequest. */
import axios from 'axios';

Object.assign(globalThis, { axios });
